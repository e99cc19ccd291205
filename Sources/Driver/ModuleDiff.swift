internal import SMF

/// What differs between two modules, in words: functions, data, interface, dependencies, types, header, sections.
///
/// Functions are compared by what they do, not by where they lie: distances to other functions and to data count as
/// the names they lead to. Without Capstone the functions of images are compared by size only, and the answer says so.
package enum ModuleDiff {
    /// The answer of `inspect --diff`.
    package struct Answer: Sendable {
        package var text: String
        package var isSame: Bool
        /// Both modules keep every rule of the format.
        package var isSound: Bool
    }

    /// Compares module `a`, called `nameA`, with module `b`.
    package static func compare(_ a: [UInt8], _ nameA: String, _ b: [UInt8], _ nameB: String) -> Answer {
        a.withUnsafeBytes { a in
            b.withUnsafeBytes { b in
                var comparison = ModuleComparison(SMFInspection(a), SMFInspection(b))
                comparison.run(nameA, nameB, isSame: a.elementsEqual(b))
                return Answer(
                    text: comparison.text, isSame: a.elementsEqual(b),
                    isSound: comparison.a.problem == nil && comparison.b.problem == nil)
            }
        }
    }
}

/// A comparison under way.
private struct ModuleComparison {
    let a: SMFInspection
    let b: SMFInspection
    var text = ""

    init(_ a: SMFInspection, _ b: SMFInspection) {
        self.a = a
        self.b = b
    }

    mutating func run(_ nameA: String, _ nameB: String, isSame: Bool) {
        line("A: \(nameA): \(kind(a))")
        line("B: \(nameB): \(kind(b))")
        for (letter, module) in [("A", a), ("B", b)] {
            if let problem = module.problem { line("\(letter) is damaged: \(problem)") }
        }
        if isSame { return line("no difference: the files are equal byte for byte") }
        compareHeaders()
        compareSections()
        compareFunctions()
        compareData()
        compareLines("interface", .interface)
        compareDependencies()
        compareTypes()
        compareLines("version", .version)
        compareImports()
    }

    private mutating func line(_ line: String) { text += line + "\n" }

    private func kind(_ module: SMFInspection) -> String {
        guard let header = module.header else { return "not a module, \(module.bytes.count) bytes" }
        return "\(header.isImage ? "image" : "object module"), \(module.bytes.count) bytes"
    }

    /// `grew by 12 bytes (40 → 52)`.
    private func change(_ old: UInt64, _ new: UInt64) -> String {
        if old == new { return "same size (\(old) bytes)" }
        return old < new
            ? "grew by \(new - old) bytes (\(old) → \(new))" : "shrank by \(old - new) bytes (\(old) → \(new))"
    }

    /// A part of the answer: its title, then its lines; nothing if there are none.
    private mutating func section(_ title: String, _ lines: [String]) {
        if lines.isEmpty { return line("\(title): no difference") }
        line("\(title):")
        for text in lines { line("  \(text)") }
    }

    // MARK: Header and sections

    private mutating func compareHeaders() {
        guard let old = a.header, let new = b.header else { return }
        var lines: [String] = []
        func field(_ name: String, _ old: String, _ new: String) {
            if old != new { lines.append("\(name): \(old) → \(new)") }
        }
        field("version", "\(old.versionMajor).\(old.versionMinor)", "\(new.versionMajor).\(new.versionMinor)")
        field("platform", SMFInspection.platform(old), SMFInspection.platform(new))
        field("arch", SMFInspection.architecture(old), SMFInspection.architecture(new))
        field("flags", SMFInspection.flags(old).joined(separator: " "), SMFInspection.flags(new).joined(separator: " "))
        field("file_size", "\(old.fileSize)", "\(new.fileSize)")
        field("image_span", "\(old.imageSpan)", "\(new.imageSpan)")
        field("entry_point", SMFInspection.hex(old.entryPoint), SMFInspection.hex(new.entryPoint))
        field("source_hash", SMFInspection.hex16(old.sourceHash), SMFInspection.hex16(new.sourceHash))
        field("abi_hash", SMFInspection.hex16(old.abiHash), SMFInspection.hex16(new.abiHash))
        field("toolchain_id", SMFInspection.hex16(old.toolchainID), SMFInspection.hex16(new.toolchainID))
        field("runtime_abi", "\(old.runtimeABI)", "\(new.runtimeABI)")
        field("cpu_features", "\(old.cpuFeatures.rawValue)", "\(new.cpuFeatures.rawValue)")
        section("header", lines)
    }

    private mutating func compareSections() {
        /// Sizes in memory by name; sections of one name count together.
        func sizes(_ module: SMFInspection) -> [(name: String, size: UInt64)] {
            var result: [(name: String, size: UInt64)] = []
            for (i, section) in module.sections.rows.enumerated() {
                let name = module.sectionName(i)
                if let known = result.firstIndex(where: { $0.name == name }) {
                    result[known].size = result[known].size &+ section.virtualSize
                } else {
                    result.append((name, section.virtualSize))
                }
            }
            return result
        }
        let (old, new) = (sizes(a), sizes(b))
        var lines: [String] = []
        for (name, size) in old {
            if let other = new.first(where: { $0.name == name }) {
                if other.size != size { lines.append("\(name) \(change(size, other.size))") }
            } else {
                lines.append("\(name) removed (\(size) bytes)")
            }
        }
        for (name, size) in new where !old.contains(where: { $0.name == name }) {
            lines.append("\(name) added (\(size) bytes)")
        }
        section("sections", lines)
    }

    // MARK: Functions

    private struct Body {
        var size: UInt64
        /// What the function does, with names for addresses; empty if that is not known.
        var text: String
    }

    private func bodies(_ module: SMFInspection, _ failure: inout Disassembler.Failure?) -> [String: Body] {
        var result: [String: Body] = [:]
        do throws(Disassembler.Failure) {
            for function in try Disassembly(module).functions {
                var text = ""
                for line in function.lines {
                    // Where a target is known by name, the operands say only where it lies.
                    let lies = line.instruction.target != nil
                    text += line.instruction.mnemonic + " "
                    text += lies && !line.target.isEmpty ? place(line.target) : relative(line, function.address)
                    text += "\n"
                }
                result[function.name] = Body(size: function.size, text: text)
            }
        } catch {
            failure = error
            for symbol in module.symbols.rows where symbol.isFunction && !symbol.isUndefined {
                result[module.string(symbol.nameOffset)] = Body(size: symbol.size, text: "")
            }
        }
        return result
    }

    /// A target without what depends on the layout: constants are found somewhere in their section.
    private func place(_ target: String) -> String {
        if target.hasPrefix("."), let plus = target.lastIndex(of: "+") { return String(target[..<plus]) }
        return target
    }

    /// Operands in which a branch inside the function counts from the function's start.
    private func relative(_ line: Disassembly.Line, _ start: UInt64) -> String {
        guard let target = line.instruction.target, !line.instruction.isRipRelative else {
            return line.instruction.operands
        }
        return "+\(target &- start)"
    }

    private mutating func compareFunctions() {
        var failure: Disassembler.Failure?
        let old = bodies(a, &failure)
        let new = bodies(b, &failure)
        let (oldLines, newLines) = (interfaceLines(a), interfaceLines(b))
        var lines: [String] = []
        var counts = (added: 0, removed: 0, changed: 0, same: 0)
        for name in Set(old.keys).union(new.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            switch (old[name], new[name]) {
            case (let body?, nil):
                counts.removed += 1
                lines.append("removed \(name) (\(body.size) bytes)")
            case (nil, let body?):
                counts.added += 1
                lines.append("added \(name) (\(body.size) bytes)")
            case (let before?, let after?):
                if before.size == after.size, before.text == after.text {
                    counts.same += 1
                    continue
                }
                counts.changed += 1
                let isBodyOnly = oldLines[name] == newLines[name]
                lines.append(
                    "changed \(name): \(isBodyOnly ? "body only" : "interface and body"), "
                        + change(before.size, after.size))
            default: break
            }
        }
        if !lines.isEmpty {
            lines.insert(
                "\(counts.added) added, \(counts.removed) removed, \(counts.changed) changed, \(counts.same) the same",
                at: 0)
        }
        if let failure { lines.append("(compared by size only: \(failure.message))") }
        section("functions", lines)
    }

    /// The interface's line of each function, by link name.
    private func interfaceLines(_ module: SMFInspection) -> [String: String] {
        var result: [String: String] = [:]
        var path = ""
        for index in module.sections(.interface) {
            guard let payload = module.payload(index) else { continue }
            for line in SMFInspection.lines(payload) {
                if line.hasPrefix("module ") {
                    path = String(line.dropFirst(7))
                } else if let start = line.range(ofFunctionKeyword: ()) {
                    let name = line[start...].prefix { $0 != "(" && $0 != "[" }
                    // What inlined copies contain is no part of how the function is called.
                    let end = line.lastOccurrence(of: " body ") ?? line.endIndex
                    result["\(path).\(name)"] = String(line[..<end])
                }
            }
        }
        return result
    }

    // MARK: Data, texts, tables

    private mutating func compareData() {
        func data(_ module: SMFInspection) -> [String: UInt64] {
            var result: [String: UInt64] = [:]
            for symbol in module.symbols.rows
            where !symbol.isFunction && !symbol.isUndefined && symbol.binding != SMFBinding.local.rawValue {
                result[module.string(symbol.nameOffset)] = symbol.size
            }
            return result
        }
        section("data", compareTables(data(a), data(b)) { change($0, $1) })
        var problems: [String] = []
        let (old, new) = views(.roData, &problems) { payload, _ in Array(payload) }
        for problem in problems { line("  read-only data: \(problem)") }
        if problems.isEmpty, old != new { line("  read-only data differs") }
    }

    /// What `read` makes of the sections of `type` of both modules, and a line for each section that cannot be read.
    private func views<View>(
        _ type: SMFSectionType, _ problems: inout [String],
        _ read: (UnsafeRawBufferPointer, UInt64) throws(SMFError) -> View
    ) -> (old: [View], new: [View]) {
        func views(_ letter: String, _ module: SMFInspection) -> [View] {
            module.sections(type).compactMap { index in
                switch module.view(ofSection: index, read) {
                case .success(let view): return view
                case .failure(let problem):
                    problems.append("\(letter): \(problem.section) cannot be read: \(problem.reason)")
                    return nil
                }
            }
        }
        return (views("A", a), views("B", b))
    }

    /// Lines for what two tables have under the same name or only one of them.
    private func compareTables<Value: Equatable>(
        _ old: [String: Value], _ new: [String: Value], _ describe: (Value, Value) -> String
    ) -> [String] {
        var lines: [String] = []
        for name in Set(old.keys).union(new.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            switch (old[name], new[name]) {
            case (_?, nil): lines.append("removed \(name)")
            case (nil, _?): lines.append("added \(name)")
            case (let before?, let after?):
                if before != after { lines.append("changed \(name): \(describe(before, after))") }
            default: break
            }
        }
        return lines
    }

    private mutating func compareLines(_ title: String, _ type: SMFSectionType) {
        var problems: [String] = []
        let views = views(type, &problems) { payload, _ in SMFInspection.lines(payload) }
        if !problems.isEmpty { return section(title, problems) }
        let (old, new) = (Array(views.old.joined()), Array(views.new.joined()))
        let (oldSet, newSet) = (Set(old), Set(new))
        section(title, old.filter { !newSet.contains($0) }.map { "- \($0)" } + new.filter { !oldSet.contains($0) }.map { "+ \($0)" })
    }

    private mutating func compareDependencies() {
        var problems: [String] = []
        let views = views(.deps, &problems, SMFDependencyView.init)
        if !problems.isEmpty { return section("dependencies", problems) }
        func dependencies(_ module: SMFInspection, _ views: [SMFDependencyView]) -> [String: SMFDependency] {
            var result: [String: SMFDependency] = [:]
            for view in views {
                for i in 0..<view.count {
                    var item = view[i]
                    let key = "\(SMFInspection.kind(item)) \(module.string(item.name))"
                    item.name = 0
                    result[key] = item
                }
            }
            return result
        }
        section(
            "dependencies",
            compareTables(dependencies(a, views.old), dependencies(b, views.new)) { old, new in
                if old.kind == SMFDependencyKind.module.rawValue {
                    return old.digest.words.0 != new.digest.words.0
                        ? "interface \(SMFInspection.digest(old)) → \(SMFInspection.digest(new))" : "contents, not its interface"
                }
                return old.digest == new.digest ? "size or time only" : "contents, \(change(old.size, new.size))"
            })
    }

    private mutating func compareTypes() {
        var problems: [String] = []
        let views = views(.typeInfo, &problems, TypeInfoView.init)
        if !problems.isEmpty { return section("types", problems) }
        func types(_ module: SMFInspection, _ views: [TypeInfoView]) -> [String: TypeInfo] {
            var result: [String: TypeInfo] = [:]
            for view in views {
                for i in 0..<view.count {
                    var type = view[i]
                    let name = module.string(type.name)
                    type.name = 0
                    result[name] = type
                }
            }
            return result
        }
        section(
            "types",
            compareTables(types(a, views.old), types(b, views.new)) { old, new in
                (old.layoutHash == new.layoutHash ? "same layout, " : "layout, ") + change(UInt64(old.size), UInt64(new.size))
            })
    }

    private mutating func compareImports() {
        func imports(_ module: SMFInspection) -> [String: String] {
            var result: [String: String] = [:]
            for index in module.sections(.imports) {
                for item in module.rows(ofSection: index, size: SMFFormat.importEntrySize, decode: { SMFImport(decoding: $0) }).rows {
                    result["\(SMFInspection.kind(item)) \(module.symbolName(item.symbol))"] =
                        SMFInspection.flags(item).joined(separator: " ")
                }
            }
            return result
        }
        section("imports", compareTables(imports(a), imports(b)) { "\($0) → \($1)" })
    }
}

extension String {
    /// Where the name of a function begins in an interface's line; `nil` if the line is about something else.
    fileprivate func range(ofFunctionKeyword: Void) -> String.Index? {
        for prefix in ["fn ", "private fn "] where hasPrefix(prefix) { return index(startIndex, offsetBy: prefix.count) }
        return nil
    }

    /// Where `text` occurs last.
    fileprivate func lastOccurrence(of text: String) -> String.Index? {
        let (all, wanted) = (Array(utf8), Array(text.utf8))
        var start = all.count - wanted.count
        while start >= 0 {
            if all[start..<(start + wanted.count)].elementsEqual(wanted) {
                return utf8.index(startIndex, offsetBy: start)
            }
            start -= 1
        }
        return nil
    }
}
