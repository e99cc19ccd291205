/// Where the entries of RuntimeABI's table are, and the search by name that the loader uses. Nothing here is built at
/// start-up: both tables are constants of the program.

import CPlatform

#if !hasFeature(Embedded)
    import RuntimeABI
#endif

@inline(__always)
private func address<Function>(_ function: Function) -> UnsafeRawPointer {
    unsafeBitCast(function, to: UnsafeRawPointer.self)
}

/// A function of the system's mathematics library, which is loaded when the first one is wanted: most programs want
/// none, and it would cost each of them 0.1 ms.
private func mathFunction(_ name: StaticString) -> UnsafeRawPointer? {
    cp_math_function(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
}

/// Address of a runtime entry; nil if the system lacks its mathematics library.
package func runtimeAddress(of function: RuntimeFunction) -> UnsafeRawPointer? {
    switch function {
    case .panicTrap: address(simple_rt_panic_trap as @convention(c) (UInt32) -> Void)
    case .panicIndex: address(simple_rt_panic_index as @convention(c) (Int, Int, UInt32) -> Void)
    case .panicMessage: address(simple_rt_panic_message as @convention(c) (UnsafeMutableRawPointer) -> Void)
    case .panicAssert: address(simple_rt_panic_assert as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer?) -> Void)
    case .panicAssertEqual: address(simple_rt_panic_assert_equal as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer?, UInt32) -> Void)
    case .panicUnwrap: address(simple_rt_panic_unwrap as @convention(c) (UnsafeMutableRawPointer) -> Void)
    case .panicDestructure: address(simple_rt_panic_destructure as @convention(c) (Int, Int, UInt32) -> Void)
    case .exit: address(simple_rt_exit as @convention(c) (Int) -> Void)
    case .allocate: address(simple_rt_allocate as @convention(c) (Int, Int) -> UnsafeMutableRawPointer)
    case .arrayNew: address(simple_rt_array_new as @convention(c) (Int, Int, Int, Int) -> UnsafeMutableRawPointer)
    case .arrayFromData: address(simple_rt_array_from_data as @convention(c) (Int, Int, Int, UnsafeRawPointer?) -> UnsafeMutableRawPointer)
    case .arrayGrow: address(simple_rt_array_grow as @convention(c) (UnsafeMutableRawPointer) -> Void)
    case .arrayReserve: address(simple_rt_array_reserve as @convention(c) (UnsafeMutableRawPointer, Int) -> Void)
    case .arraySlice: address(simple_rt_array_slice as @convention(c) (UnsafeMutableRawPointer, Int, Int, Int, UInt32) -> UnsafeMutableRawPointer)
    case .arrayConcat: address(simple_rt_array_concat as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .arrayExtend: address(simple_rt_array_extend as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void)
    case .arrayInsertGap: address(simple_rt_array_insert_gap as @convention(c) (UnsafeMutableRawPointer, Int) -> Int)
    case .arrayRemoveAt: address(simple_rt_array_remove_at as @convention(c) (UnsafeMutableRawPointer, Int) -> Void)
    case .arrayReverse: address(simple_rt_array_reverse as @convention(c) (UnsafeMutableRawPointer) -> Void)
    case .arrayClone: address(simple_rt_array_clone as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringConcat: address(simple_rt_string_concat as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringEqual: address(simple_rt_string_equal as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt8)
    case .stringCompare: address(simple_rt_string_compare as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int)
    case .stringIndex: address(simple_rt_string_index as @convention(c) (UnsafeMutableRawPointer, Int) -> UnsafeMutableRawPointer)
    case .stringCharAt: address(simple_rt_string_char_at as @convention(c) (UnsafeMutableRawPointer, Int) -> UInt32)
    case .stringSlice: address(simple_rt_string_slice as @convention(c) (UnsafeMutableRawPointer, Int, Int, Int, UInt32) -> UnsafeMutableRawPointer)
    case .stringFromChar: address(simple_rt_string_from_char as @convention(c) (UInt32) -> UnsafeMutableRawPointer)
    case .stringContains: address(simple_rt_string_contains as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt8)
    case .stringFind: address(simple_rt_string_find as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Int)
    case .stringFindLast: address(simple_rt_string_find_last as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int)
    case .stringCount: address(simple_rt_string_count as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int)
    case .stringStartsWith: address(simple_rt_string_starts_with as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt8)
    case .stringEndsWith: address(simple_rt_string_ends_with as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt8)
    case .stringReplace: address(simple_rt_string_replace as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> UnsafeMutableRawPointer)
    case .stringRepeat: address(simple_rt_string_repeat as @convention(c) (UnsafeMutableRawPointer, Int) -> UnsafeMutableRawPointer)
    case .stringReverse: address(simple_rt_string_reverse as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringTrim: address(simple_rt_string_trim as @convention(c) (UnsafeMutableRawPointer, UInt32) -> UnsafeMutableRawPointer)
    case .stringTrimChars: address(simple_rt_string_trim_chars as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringStripPrefix: address(simple_rt_string_strip_prefix as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer?)
    case .stringStripSuffix: address(simple_rt_string_strip_suffix as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer?)
    case .stringUpper: address(simple_rt_string_upper as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringLower: address(simple_rt_string_lower as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringCapitalize: address(simple_rt_string_capitalize as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringTitle: address(simple_rt_string_title as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringSplit: address(simple_rt_string_split as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> UnsafeMutableRawPointer)
    case .stringSplitWhitespace: address(simple_rt_string_split_whitespace as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringLines: address(simple_rt_string_lines as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringChars: address(simple_rt_string_chars as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringBytes: address(simple_rt_string_bytes as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringFromChars: address(simple_rt_string_from_chars as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringJoin: address(simple_rt_string_join as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .stringPad: address(simple_rt_string_pad as @convention(c) (UnsafeMutableRawPointer, Int, UnsafeMutableRawPointer, UInt32) -> UnsafeMutableRawPointer)
    case .stringTest: address(simple_rt_string_test as @convention(c) (UnsafeMutableRawPointer, UInt32) -> UInt8)
    case .stringToInt: address(simple_rt_string_to_int as @convention(c) (UnsafeMutableRawPointer) -> simple_int_pair)
    case .stringToFloat: address(simple_rt_string_to_float as @convention(c) (UnsafeMutableRawPointer) -> simple_int_double)
    case .stringEqualIgnoreCase: address(simple_rt_string_equal_ignore_case as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt8)
    case .stringSplitOnce: address(simple_rt_string_split_once as @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> simple_ref_pair)
    case .charTest: address(simple_rt_char_test as @convention(c) (UInt32, UInt32) -> UInt8)
    case .charUpper: address(simple_rt_char_upper as @convention(c) (UInt32) -> UInt32)
    case .charLower: address(simple_rt_char_lower as @convention(c) (UInt32) -> UInt32)
    case .sinkBegin: address(simple_rt_sink_begin as @convention(c) () -> UnsafeMutableRawPointer)
    case .sinkFinish: address(simple_rt_sink_finish as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer)
    case .sinkString: address(simple_rt_sink_string as @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer) -> Void)
    case .sinkI64: address(simple_rt_sink_i64 as @convention(c) (UnsafeMutableRawPointer?, Int) -> Void)
    case .sinkU64: address(simple_rt_sink_u64 as @convention(c) (UnsafeMutableRawPointer?, UInt) -> Void)
    case .sinkF64: address(simple_rt_sink_f64 as @convention(c) (UnsafeMutableRawPointer?, Double) -> Void)
    case .sinkF32: address(simple_rt_sink_f32 as @convention(c) (UnsafeMutableRawPointer?, Float) -> Void)
    case .sinkBool: address(simple_rt_sink_bool as @convention(c) (UnsafeMutableRawPointer?, UInt8) -> Void)
    case .sinkChar: address(simple_rt_sink_char as @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Void)
    case .sinkDebugString: address(simple_rt_sink_debug_string as @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer) -> Void)
    case .sinkDebugChar: address(simple_rt_sink_debug_char as @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Void)
    case .formatI64: address(simple_rt_format_i64 as @convention(c) (UnsafeMutableRawPointer?, Int, UInt) -> Void)
    case .formatU64: address(simple_rt_format_u64 as @convention(c) (UnsafeMutableRawPointer?, UInt, UInt) -> Void)
    case .formatF64: address(simple_rt_format_f64 as @convention(c) (UnsafeMutableRawPointer?, Double, UInt) -> Void)
    case .formatString: address(simple_rt_format_string as @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer, UInt) -> Void)
    case .printError: address(simple_rt_print_error as @convention(c) (UnsafeMutableRawPointer) -> Void)
    case .input: address(simple_rt_input as @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer?)
    case .arguments: address(simple_rt_arguments as @convention(c) () -> UnsafeMutableRawPointer)
    case .flush: address(simple_rt_flush as @convention(c) () -> Void)
    case .powInteger: address(simple_rt_pow_integer as @convention(c) (Int, Int, UInt32) -> Int)
    case .powF64: mathFunction("pow")
    case .remainderF64: mathFunction("fmod")
    case .floorF64: mathFunction("floor")
    case .ceilF64: mathFunction("ceil")
    case .truncF64: mathFunction("trunc")
    case .roundF64: mathFunction("round")
    case .roundEvenF64: mathFunction("rint")
    case .expF64: mathFunction("exp")
    case .exp2F64: mathFunction("exp2")
    case .lnF64: mathFunction("log")
    case .log2F64: mathFunction("log2")
    case .log10F64: mathFunction("log10")
    case .sinF64: mathFunction("sin")
    case .cosF64: mathFunction("cos")
    case .tanF64: mathFunction("tan")
    case .asinF64: mathFunction("asin")
    case .acosF64: mathFunction("acos")
    case .atanF64: mathFunction("atan")
    case .atan2F64: mathFunction("atan2")
    case .sinhF64: mathFunction("sinh")
    case .coshF64: mathFunction("cosh")
    case .tanhF64: mathFunction("tanh")
    case .cbrtF64: mathFunction("cbrt")
    case .hypotF64: mathFunction("hypot")
    case .u64ToF64: address(simple_rt_u64_to_f64 as @convention(c) (UInt) -> Double)
    case .f64ToU64: address(simple_rt_f64_to_u64 as @convention(c) (Double) -> UInt)
    // The C library picks the CPU's instruction where there is one.
    case .mulAddF64: mathFunction("fma")
    case .mulAddF32: mathFunction("fmaf")
    case .stringHash: address(simple_rt_string_hash as @convention(c) (UnsafeMutableRawPointer) -> Int)
    }
}

/// FNV-1a hashes of the entries' names, in the order of `RuntimeFunction`: the `name_hash` of an import's symbol.
let runtimeNameHashes: [UInt32] = [
    0x75B9E504, 0x783EA869, 0x5E16683A, 0xAE07E245, 0xA9A040B2, 0xC8A635C0, 0x7CBDE335, 0xAF4F686B,
    0xE1BF9560, 0x1E1D56E9, 0x9794E7D6, 0xBD178D62, 0x3F728E53, 0x5EEA4C39, 0xCCF673D5, 0x6405E021,
    0xB75A3A87, 0xAA348AFB, 0x76C7428D, 0x79DBA69A, 0x453036AB, 0xCBA3B639, 0x75DDEEB2, 0xA0466029,
    0x261151B9, 0xAA546D7B, 0x006ADCCC, 0x04B0419A, 0x0BDD8070, 0xA99A4DC1, 0x5330B872, 0x549D2C13,
    0x6EE93FCE, 0x58C9FB6D, 0x1F2C3E44, 0xC63217D7, 0x6181975B, 0x00373BA1, 0x07EF9518, 0xD49DEFCD,
    0x2E142355, 0xFF7C1B80, 0xA8845389, 0x3DA50BC3, 0x49A17F29, 0x99AF78DB, 0x5C2D017E, 0x06BEFD58,
    0xB35426E6, 0x673980AD, 0x459A0F13, 0xB6B71804, 0x9284B3E7, 0x9A5E733C, 0xB6618AF7, 0xC5AED025,
    0x0AF61E97, 0xE5886780, 0x3962C218, 0xC7B63831, 0x04B3BF3A, 0x9AFCA87E, 0x00D2408C, 0x1A5196AA,
    0x1837E74E, 0x2A68C3F7, 0x967029C0, 0x7CADCE11, 0xADDB32A9, 0xCC5128F4, 0xE89E6101, 0x4C4C3E1A,
    0x67A72D9E, 0x5DA09FE7, 0x402AC47C, 0x2332ECFF, 0x35F2FEE9, 0xD4097171, 0xA4AF5FDF, 0x395BC322,
    0x6500DB30, 0x47904B65, 0x96D90AA0, 0x28FAE371, 0x0DF63DCC, 0x1C2E0166, 0x67E9ED05, 0x0E1DCB91,
    0xE74E4C13, 0x9C3D28D6, 0x2E25F2C4, 0x54ACA079, 0x4610F0D0, 0xB1002E91, 0xD8D89ECD, 0x968DE75F,
    0xCED8F7B6, 0x8078A0AE, 0xDF8809B6, 0xFB4796F2, 0x595F047D, 0x14552C01, 0x5FBB4DF3, 0x29FA4574,
    0xC098B60F, 0x17B52A11, 0x795CFB30, 0x09558F1B, 0xB5944253,
]

/// The entries' names, each followed by NUL, in the order of `RuntimeFunction`. (`runtimeEntries` has them, too, but
/// would have to be built first.)
private let runtimeNames: StaticString = """
    simple_rt_panic_trap\0\
    simple_rt_panic_index\0\
    simple_rt_panic_message\0\
    simple_rt_panic_assert\0\
    simple_rt_panic_assert_equal\0\
    simple_rt_panic_unwrap\0\
    simple_rt_panic_destructure\0\
    simple_rt_exit\0\
    simple_rt_allocate\0\
    simple_rt_array_new\0\
    simple_rt_array_from_data\0\
    simple_rt_array_grow\0\
    simple_rt_array_reserve\0\
    simple_rt_array_slice\0\
    simple_rt_array_concat\0\
    simple_rt_array_extend\0\
    simple_rt_array_insert_gap\0\
    simple_rt_array_remove_at\0\
    simple_rt_array_reverse\0\
    simple_rt_array_clone\0\
    simple_rt_string_concat\0\
    simple_rt_string_equal\0\
    simple_rt_string_compare\0\
    simple_rt_string_index\0\
    simple_rt_string_char_at\0\
    simple_rt_string_slice\0\
    simple_rt_string_from_char\0\
    simple_rt_string_contains\0\
    simple_rt_string_find\0\
    simple_rt_string_find_last\0\
    simple_rt_string_count\0\
    simple_rt_string_starts_with\0\
    simple_rt_string_ends_with\0\
    simple_rt_string_replace\0\
    simple_rt_string_repeat\0\
    simple_rt_string_reverse\0\
    simple_rt_string_trim\0\
    simple_rt_string_trim_chars\0\
    simple_rt_string_strip_prefix\0\
    simple_rt_string_strip_suffix\0\
    simple_rt_string_upper\0\
    simple_rt_string_lower\0\
    simple_rt_string_capitalize\0\
    simple_rt_string_title\0\
    simple_rt_string_split\0\
    simple_rt_string_split_whitespace\0\
    simple_rt_string_lines\0\
    simple_rt_string_chars\0\
    simple_rt_string_bytes\0\
    simple_rt_string_from_chars\0\
    simple_rt_string_join\0\
    simple_rt_string_pad\0\
    simple_rt_string_test\0\
    simple_rt_string_to_int\0\
    simple_rt_string_to_float\0\
    simple_rt_string_equal_ignore_case\0\
    simple_rt_string_split_once\0\
    simple_rt_char_test\0\
    simple_rt_char_upper\0\
    simple_rt_char_lower\0\
    simple_rt_sink_begin\0\
    simple_rt_sink_finish\0\
    simple_rt_sink_string\0\
    simple_rt_sink_i64\0\
    simple_rt_sink_u64\0\
    simple_rt_sink_f64\0\
    simple_rt_sink_f32\0\
    simple_rt_sink_bool\0\
    simple_rt_sink_char\0\
    simple_rt_sink_debug_string\0\
    simple_rt_sink_debug_char\0\
    simple_rt_format_i64\0\
    simple_rt_format_u64\0\
    simple_rt_format_f64\0\
    simple_rt_format_string\0\
    simple_rt_print_error\0\
    simple_rt_input\0\
    simple_rt_arguments\0\
    simple_rt_flush\0\
    simple_rt_pow_integer\0\
    simple_rt_pow_f64\0\
    simple_rt_remainder_f64\0\
    simple_rt_floor_f64\0\
    simple_rt_ceil_f64\0\
    simple_rt_trunc_f64\0\
    simple_rt_round_f64\0\
    simple_rt_round_even_f64\0\
    simple_rt_exp_f64\0\
    simple_rt_exp2_f64\0\
    simple_rt_ln_f64\0\
    simple_rt_log2_f64\0\
    simple_rt_log10_f64\0\
    simple_rt_sin_f64\0\
    simple_rt_cos_f64\0\
    simple_rt_tan_f64\0\
    simple_rt_asin_f64\0\
    simple_rt_acos_f64\0\
    simple_rt_atan_f64\0\
    simple_rt_atan2_f64\0\
    simple_rt_sinh_f64\0\
    simple_rt_cosh_f64\0\
    simple_rt_tanh_f64\0\
    simple_rt_cbrt_f64\0\
    simple_rt_hypot_f64\0\
    simple_rt_u64_to_f64\0\
    simple_rt_f64_to_u64\0\
    simple_rt_mul_add_f64\0\
    simple_rt_mul_add_f32\0\
    simple_rt_string_hash\0
    """

/// The entry with this name, whose FNV-1a hash is `hash`.
package func runtimeFunction(named name: UnsafeBufferPointer<UInt8>, hash: UInt32) -> RuntimeFunction? {
    guard let start = name.baseAddress else { return nil }
    var index = 0
    // A scan over a few hundred bytes costs less than any structure that has to be built.
    while index < runtimeNameHashes.count && runtimeNameHashes[index] != hash { index &+= 1 }
    if index == runtimeNameHashes.count { return nil }
    var candidate = runtimeNames.utf8Start
    var skipped = 0
    while skipped < index {
        while candidate.pointee != 0 { candidate += 1 }
        candidate += 1
        skipped &+= 1
    }
    // Byte by byte: the name may be longer than what is left of the table.
    var position = 0
    while position < name.count {
        if candidate[position] != start[position] { return nil }
        position &+= 1
    }
    if candidate[position] != 0 { return nil }
    return RuntimeFunction(rawValue: UInt16(truncatingIfNeeded: index))
}
