internal import CPlatform
internal import Glibc
internal import SMF

/// Assembly text of object modules for `--emit=asm`. The decoding is binutils' (`objdump`): an independent opinion on
/// what our encoder wrote, which is what the text is for.
enum Disassembly {
    /// The code of the object module `bytes`: each function's name, its instructions, and the symbols they refer to.
    static func text(of bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { raw in
            guard let reader = try? SMFReader(raw), let code = reader.firstSection(.code) else { return "" }
            let payload = reader.payload(ofSection: code)
            if payload.isEmpty { return "" }
            let lines = decode(payload)
            guard let lines else { return "(asm needs `objdump`, which is not installed)\n" }
            return annotate(lines, reader, code)
        }
    }

    /// Merges function names and relocations into objdump's lines, both by offset.
    private static func annotate(_ lines: [(offset: UInt64, text: Substring)], _ reader: SMFReader, _ code: Int) -> String {
        func name(_ symbol: SMFSymbol) -> String {
            reader.string(at: symbol.nameOffset).map { String(decoding: $0, as: UTF8.self) } ?? "?"
        }
        var functions: [(offset: UInt64, name: String)] = []
        for i in 0..<reader.symbolCount {
            let symbol = reader.symbol(i)
            if symbol.isFunction, symbol.section == UInt32(code + 1) { functions.append((symbol.value, name(symbol))) }
        }
        functions.sort { $0.offset < $1.offset }
        var targets: [(offset: UInt64, name: String)] = []
        for i in 0..<reader.sectionCount where reader.section(i).kind == .reloc {
            let relocations = reader.relocations(ofSection: i)
            for k in 0..<relocations.count where Int(relocations[k].section) == code {
                targets.append((relocations[k].offset, name(reader.symbol(Int(relocations[k].symbol)))))
            }
        }
        targets.sort { $0.offset < $1.offset }

        var text = ""
        var nextFunction = 0
        var nextTarget = 0
        for (i, line) in lines.enumerated() {
            while nextFunction < functions.count, functions[nextFunction].offset <= line.offset {
                text += "\(text.isEmpty ? "" : "\n")\(functions[nextFunction].name):\n"
                nextFunction += 1
            }
            let end = i + 1 < lines.count ? lines[i + 1].offset : .max
            var comment = ""
            while nextTarget < targets.count, targets[nextTarget].offset < end {
                comment += (comment.isEmpty ? "  ; " : ", ") + targets[nextTarget].name
                nextTarget += 1
            }
            text += "  \(line.text)\(comment)\n"
        }
        return text
    }

    /// objdump's lines for `code`, in Intel syntax; nil if it cannot be run.
    private static func decode(_ code: UnsafeRawBufferPointer) -> [(offset: UInt64, text: Substring)]? {
        let input = simple_memory_file("simple-code"), output = simple_memory_file("simple-asm")
        if input < 0 || output < 0 { return nil }
        defer {
            close(input)
            close(output)
        }
        if SystemFile.writeAll(code, to: input) != 0 { return nil }
        let words = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", "/proc/self/fd/\(input)"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var process: pid_t = 0
        if posix_spawnp(&process, "objdump", &actions, nil, &arguments, environ) != 0 { return nil }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0, let bytes = try? SystemFile.read("/proc/self/fd/\(output)") else { return nil }
        var lines: [(offset: UInt64, text: Substring)] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            // `   1a:	add    rax,rbx`
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let colon = parts[0].lastIndex(of: ":"),
                let offset = UInt64(parts[0][..<colon].drop { $0 == " " }, radix: 16)
            else { continue }
            lines.append((offset, parts[1]))
        }
        return lines
    }
}
