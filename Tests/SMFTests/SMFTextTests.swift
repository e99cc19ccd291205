import SMF
import Testing

@Test func modulesAsText() {
    let expected = """
        sections 5
          0 .text code r-x offset 0x1000 size 7 virtual 7 align 4096
          1 .imports imports r-- offset 0x2000 size 32 virtual 32 align 4096
          2 .relr baseReloc r-- offset 0x2020 size 8 virtual 8 align 8
          3 .data data rw- offset 0x3000 size 16 virtual 16 align 4096
          4 .bss bss rw- offset 0x4000 size 0 virtual 5000 align 8
        symbols 3 exported 1
          0 local data _table .data 0x3008 size 8
          1 global function simple_rt_print undefined
          2 global function main .text 0x1000 size 7
        imports 1
          0x3000 runtime simple_rt_print required
        base relocations 1
          0x3008

        """
    let text = smfText(sampleImage())
    #expect(text.hasPrefix("SMF 1.0 image linux x86_64\n  flags          EXECUTABLE PIC LINKED\n"))
    #expect(text.hasSuffix(expected), "\(text)")
}

@Test func objectsAsText() {
    let text = smfText(sampleObject())
    for line in [
        "relocations 5\n  .text+0x1 pc32 helper -4\n  .text+0x8 gotPcRel simple_rt_print -4\n",
        "  .data+0x0 abs64 zeta +0\n", "source map 1 files 2 functions 2 entries 1 inlined\n  zeta 0x0 size 20\n",
        "    +0xc a.simple:3:4 inline 1\n", "  inline 1 small called at a.simple:7:2\n",
        "types 1\n  Point bool size 16 align 8 layout 0000000000000009\n",
        "version\n  compiler=1.0\n  target=x86_64-linux\n", " global constant limit absolute 0x2a\n",
    ] { #expect(text.contains(line), "\(line) in \(text)") }
    #expect(!text.contains("damaged"))
}

@Test func damagedModulesAsText() {
    let module = sampleObject()
    #expect(smfText([]).hasPrefix("damaged: fewer than the 128 bytes of a header"))
    #expect(smfText([UInt8](repeating: 1, count: 200)).hasPrefix("damaged: not an SMF module"))
    let half = smfText(Array(module[..<(module.count / 2)]))
    #expect(half.contains("sections 9"))
    #expect(half.contains("more outside the file"))
    let size = String(module.count, radix: 16)
    #expect(half.hasSuffix("damaged: the file ends before the module does (offset 0x50, value 0x\(size))\n"))
    for count in 0..<module.count { #expect(smfText(Array(module[..<count])).contains("damaged")) }
    for place in module.indices {
        for bit: UInt8 in [1, 0x80, 0xFF] {
            var changed = module
            changed[place] ^= bit
            #expect(smfText(changed).contains("damaged"))
        }
    }
}

@Test func namesCannotMoveTheCursor() {
    var writer = SMFWriter()
    _ = writer.addSymbol(
        name: "a\u{1B}[2Jb", type: .constant, binding: .global, section: SMFFormat.absoluteSection, value: 1, size: 0)
    let text = smfText(writer.emit())
    #expect(text.contains("a\\u{1b}[2Jb"))
    #expect(!text.utf8.contains(0x1B))
}
