import MIR
import RuntimeABI
import Support
import Testing

struct TextTests {
    /// One module with every kind of instruction, symbol and datum, in the printer's own form.
    static let everything = #"""
        module "geometry"
        file "geometry.simple"
        extern func weak @"list.map[i64,i64]"(ref, ptr) -> ref
        extern data global @limits
        data local @text readOnly align 16 size 50 {
          bytes "hello \"world\"\\\0a\00\ff..............................."
          bytes ".."
        }
        data global @table writable align 8 size 16 {
          bytes "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"
          address 0 @limits + 16
          address 8 @text - 8
        }
        data local @buffer zeroed align 64 size 4096

        func local @pair(i64) -> i64, f64 noinline {
        scope "pair" file 0
        b0(v1: i64):
          v2 = fconst f64 -1.5e-10  ; 3
          return v1, v2  ; 4
        }

        func global @all(i64, i32, f64, f32, ref, ptr, i8) -> i64 inline {
        scope "all" file 0
        scope "helper" file 0 call 17 in 0
        b0(v1: i64, v2: i32, v3: f64, v4: f32, v5: ref, v6: ptr, v7: i8):
          v8 = stackslot ptr size 24 align 16  ; 0
          v9 = iconst i64 -9223372036854775808  ; 1
          v10 = fconst f32 0.1  ; 2
          v11 = fconst f64 0x7ff8000000000000  ; 3
          v12 = address ref @text  ; 4
          v13 = address ptr @table + 8  ; 5
          v14 = add i64 v1, v9  ; 6/1
          v15 = sub i64 v14, v1  ; 7
          v16 = mul i64 v15, v1  ; 8
          v17 = add.s.trap i64 v16, v1  ; 9
          v18 = sub.s.trap i64 v17, v1  ; 10
          v19 = mul.s.trap i64 v18, v1  ; 11
          v20 = add.u.trap i64 v19, v1  ; 12
          v21 = sub.u.trap i64 v20, v1  ; 13
          v22 = mul.u.trap i64 v21, v1  ; 14
          v23 = div.s i64 v22, v1  ; 15
          v24 = div.u i64 v23, v1  ; 16
          v25 = rem.s i64 v24, v1  ; 17
          v26 = rem.u i64 v25, v1  ; 18
          v27 = and i64 v26, v1  ; 19
          v28 = or i64 v27, v1  ; 20
          v29 = xor i64 v28, v1  ; 21
          v30 = shl i64 v29, v1  ; 22
          v31 = shr.s i64 v30, v1  ; 23
          v32 = shr.u i64 v31, v1  ; 24
          v33 = clz i64 v32  ; 25
          v34 = ctz i64 v33  ; 26
          v35 = popcount i64 v34  ; 27
          v36 = icmp le.u v35, v1  ; 28
          v37 = fadd f64 v3, v11  ; 29
          v38 = fsub f64 v37, v3  ; 30
          v39 = fmul f64 v38, v3  ; 31
          v40 = fdiv f64 v39, v3  ; 32
          v41 = fneg f64 v40  ; 33
          v42 = fabs f64 v41  ; 34
          v43 = fsqrt f64 v42  ; 35
          v44 = fcmp ge v43, v3  ; 36
          v45 = sext i64 v2  ; 37
          v46 = zext i64 v2  ; 38
          v47 = trunc i32 v46  ; 39
          v48 = itof f64 v47  ; 40
          v49 = ftoi i64 v48  ; 41
          v50 = fext f64 v4  ; 42
          v51 = ftrunc f32 v50  ; 43
          v52 = bitcast i32 v51  ; 44
          v53 = select i64 v7, v49, v45  ; 45
          v54 = copy i64 v53  ; 46
          v55 = load i64 [v5 + 8] arrayLength  ; 47
          v56 = load i32 [v6 + v55 * 4] element32  ; 48
          v57 = load i32 [v6 + v55 * 4 - 16] element32  ; 49
          store v57, [v8] stack  ; 50
          store v3, [v6 + v55 * 8 + 24] elementF64  ; 51
          v58 = checkindex array v54, v55  ; 52
          checkbounds string v58, v55  ; 53
          trapif v36, overflow negate i64  ; 54
          trapif v44, divisionByZero  ; 55
          v59 = call i64 @pair(v58)  ; 56
          v60 = project f64 v59, 1  ; 57
          call @simple_rt_array_grow(v5)  ; 58
          v61 = call ref @"list.map[i64,i64]"(v5, v13)  ; 59
          v62 = callindirect v13(i64, f64) -> i64 with (v59, v60)  ; 60
          callindirect v13() with ()  ; 61
          switch v62 [-1: b1(v62, v3), 9223372036854775807: b2], b3  ; 62
        b1(v63: i64, v64: f64):
          branch v7, b1(v62, v64), b2  ; 63
        b2:
          jump b4(v9)  ; 64
        b3:
          call @simple_rt_panic_message(v12)  ; 65
          unreachable  ; 66
        b4(v65: i64):
          return v65  ; 67
        }

        """#

    @Test func everythingRoundTrips() throws {
        let module = try MIRTextParser.parse(TextTests.everything)
        #expect(MIRPrinter.print(module, options: .positions) == TextTests.everything)
        #expect(MIRVerifier.verify(module) == [])
        let short = MIRPrinter.print(module)
        #expect(!short.contains(";") && !short.contains("scope"))
        #expect(MIRPrinter.print(try MIRTextParser.parse(short)) == short)
    }

    /// The module above has all instructions.
    @Test func everythingIsComplete() throws {
        let module = try MIRTextParser.parse(TextTests.everything)
        var seen: Set<Opcode> = []
        for function in module.functions {
            for b in function.blocks.indices {
                function.forEachParameter(of: BlockID(b)) { seen.insert(function[$0].opcode) }
                function.forEachInstruction(in: BlockID(b)) { seen.insert(function[$0].opcode) }
            }
        }
        #expect(Set(Opcode.allCases).subtracting(seen) == [])
    }

    @Test func valuesAreRenumberedInOrder() throws {
        let module = try MIRTextParser.parse(
            """
            module "m" // comments are skipped
            func global @f(i64) -> i64 {
            b7(v90: i64):
              jump b3(v90)
            b9:  v1 = add i64 v5, v5  return v1
            b3(v5: i64): jump b9
            }
            """)
        #expect(
            MIRPrinter.print(module).hasSuffix(
                """
                func global @f(i64) -> i64 {
                b0(v1: i64):
                  jump b2(v1)
                b1:
                  v2 = add i64 v3, v3
                  return v2
                b2(v3: i64):
                  jump b1
                }

                """))
    }

    @Test(arguments: [
        ("modul", 1, "expected 'module', found 'modul'"),
        ("module \"m\"\nfunc global @f() {\nb0:\n  frob\n}", 4, "unknown instruction 'frob'"),
        ("module \"m\"\nfunc global @f() {\nb0:\n  jump b1\n}", 4, "b1 is not defined"),
        ("module \"m\"\nfunc global @f() {\nb0:\n\n  return v3\n}", 5, "v3 is not defined"),
        ("module \"m\"\nfunc global @f(i65) {}", 2, "unknown type 'i65'"),
        ("module \"m\"\nfunc global @f() {\nb0:\nreturn\nb0:\nreturn }", 5, "b0 is defined twice"),
        ("module \"m\"\nfunc global @f(i8) {\nb0(v1: i8, v1: i8):\n", 3, "v1 is defined twice"),
        ("module \"m\"\nfunc global @f() {\nb0: call @g() return }", 3, "@g is not declared"),
        ("module \"m\"\nextern data global @f\nextern data global @f", 3, "@f is defined twice"),
        ("module \"m\"\nfunc global @f() {\nb0: v1 = iconst i64 99999999999999999999", 3, "bad number '99999999999999999999'"),
        ("module \"m\"\nfunc global @f() {\nb0: v1 = store v1, [v1] any", 3, "expected no result, found the other"),
        ("module \"m", 1, "expected the end of the string, found the end of the line"),
        ("module \"m\"\nfunc global @f() {\nb0: return", 3, "expected an instruction, found the end"),
    ])
    func mistakesAreReported(text: String, line: Int, message: String) {
        #expect {
            _ = try MIRTextParser.parse(text)
        } throws: { error in
            "\(error)" == "line \(line): \(message)"
        }
    }
}
