internal import HIR
internal import Linker
internal import Lowering
internal import Support

/// The functions of a program that C can call, and the header that declares them (Docs/native.md).
struct CInterface {
    /// Under which names the linker knows the functions.
    var exports: [ObjectExport] = []
    /// C name of the program's descriptor.
    var programName = ""
    /// Text of the header.
    var header = ""
    /// Two functions that would have one C name: a clash that the user has to solve.
    var clash: String?

    /// The interface of `program`, whose first `ownFileCount` files are the user's.
    init(_ program: HIRProgram, ownFileCount: Int) {
        let rootName = CInterface.identifier(program.modules[program.root.index].path)
        programName = rootName + "_program"
        var declarations = ""
        var names: [String: String] = [programName: "the program's descriptor", rootName + "_init": "the program's start"]
        for module in program.modules.indices where program.modules[module].file.index < ownFileCount {
            let info = program.modules[module]
            for id in info.functions {
                let function = program.functions[id.index]
                if !function.isPublic { continue }
                let shown = "\(info.path).\(function.name)"
                let name = CInterface.identifier(shown)
                guard let text = CInterface.declaration(function, named: name) else {
                    declarations += "/* \(shown): its types have no counterpart in C */\n"
                    continue
                }
                if let other = names[name], clash == nil { clash = "`\(shown)` and \(other) would both be `\(name)` in C" }
                names[name] = "`\(shown)`"
                declarations += "/* \(shown) */\n" + text + "\n"
                exports.append(ObjectExport(linkName: linkName(of: id, in: program), cName: name))
            }
        }
        header = CInterface.text(rootName, programName, declarations)
    }

    /// `text` as a C identifier: dots become underscores, other bytes that C does not allow `_xHH`.
    static func identifier(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: result.unicodeScalars.append(UnicodeScalar(byte))
            case 0x2E: result += "_"
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "_x" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        if let first = result.utf8.first, (0x30...0x39).contains(first) { result = "_" + result }
        return result
    }

    /// The C type of `type`; `nil` if there is none.
    private static func type(_ type: TypeID) -> String? {
        switch type {
        case .bool: "bool"
        case .char: "uint32_t"
        case .i8: "int8_t"
        case .i16: "int16_t"
        case .i32: "int32_t"
        case .i64: "int64_t"
        case .u8: "uint8_t"
        case .u16: "uint16_t"
        case .u32: "uint32_t"
        case .u64: "uint64_t"
        case .f32: "float"
        case .f64: "double"
        case .str: "simple_str"
        default: nil
        }
    }

    private static func declaration(_ function: FunctionInfo, named name: String) -> String? {
        if function.typeParameterCount > 0 || function.mutatesSelf { return nil }
        var parameters: [String] = []
        for parameter in function.parameterTypes {
            guard let text = type(parameter) else { return nil }
            parameters.append(text)
        }
        var result = "void"
        if function.resultType != .nilType, function.resultType != .never {
            guard let text = type(function.resultType) else { return nil }
            result = text
        }
        return "\(result) \(name)(\(parameters.isEmpty ? "void" : parameters.joined(separator: ", ")));"
    }

    private static func text(_ rootName: String, _ programName: String, _ declarations: String) -> String {
        """
        /* What C can call of the Simple program `\(rootName)`. Made by `simple build --emit=obj`: do not edit.
           Link with the object and with libsimple_rt.a; call \(rootName)_init first, and all else on the same thread. */
        #ifndef SIMPLE_\(rootName)_H
        #define SIMPLE_\(rootName)_H
        #include <stdbool.h>
        #include <stddef.h>
        #include <stdint.h>
        #ifdef __cplusplus
        extern "C" {
        #endif

        #ifndef SIMPLE_RUNTIME
        #define SIMPLE_RUNTIME
        /* A string. The collector finds references on the stack, in registers and in memory named by simple_add_roots. */
        typedef struct simple_string *simple_str;
        typedef struct simple_program simple_program;
        void simple_start(simple_program *program, int argc, char **argv);
        /* Writes out what Simple code has printed; happens by itself when the process exits. */
        void simple_flush(void);
        simple_str simple_string_new(const char *bytes, size_t size);
        /* The bytes, valid while the string is alive, not ended by NUL. */
        const char *simple_string_bytes(simple_str string, size_t *size);
        void simple_add_roots(void *start, size_t size);
        void simple_remove_roots(void *start, size_t size);
        #endif

        extern simple_program \(programName);
        /* Prepares the runtime and runs the top-level statements; further calls do nothing. */
        static inline void \(rootName)_init(int argc, char **argv) { simple_start(&\(programName), argc, argv); }

        \(declarations)
        #ifdef __cplusplus
        }
        #endif
        #endif

        """
    }
}
