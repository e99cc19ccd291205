import ArgumentParser
import CPlatform
import Cache
import Driver
import Loader

/// `simple cache status|why FILE|verify|trim|clear`.
struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Show, check or shrink the cache of compiled programs.",
        subcommands: [Status.self, Why.self, Verify.self, Trim.self, Clear.self])

    /// Options of all of them.
    struct Common: ParsableArguments {
        @Flag(help: "Print one JSON object.")
        var json = false

        /// The cache's folder.
        /// - Throws: status 2 if there is none.
        func store() throws -> CacheStore {
            guard let folder = CacheRequest.folder() else {
                SystemFile.print("error: there is no cache: none of SIMPLE_CACHE_DIR, XDG_CACHE_HOME and HOME says where\n", to: 2)
                throw ExitCode(ExitStatus.usage)
            }
            do throws(CacheFailure) { return try CacheStore(String(cString: folder)) } catch {
                SystemFile.print("error: the cache cannot be used: `\(error.path)`: \(error.reason)\n", to: 2)
                throw ExitCode(ExitStatus.usage)
            }
        }

        /// Prints `text`, or `json` as one line.
        func show(_ text: String, json: JSONText) { StandardOutput.print(self.json ? json.object + "\n" : text) }
    }

    /// `simple cache status`.
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show where the cache is and what is in it.")
        @OptionGroup var common: Common

        func run() throws {
            let store = try common.store()
            let inventory = CacheInventory(store)
            var text = "folder     \(store.folder)\n"
            var json = JSONText()
            json.add("folder", store.folder)
            for (label, kind) in [("programs", CacheStore.Kind.manifests), ("images", .images), ("objects", .objects)] {
                let entries = inventory.entries(kind)
                let size = entries.reduce(0) { $0 + $1.size }
                text += pad(label, 11) + pad("\(entries.count)", 8) + "\(sizeText(size))\n"
                json.add(label, entries.count)
                json.add(label + "_bytes", size)
            }
            if !inventory.temporaries.isEmpty { text += pad("unfinished", 11) + "\(inventory.temporaries.count)\n" }
            text += pad("total", 11) + pad("", 8) + "\(sizeText(inventory.size)) of at most \(sizeText(CacheLimit.current))\n"
            json.add("unfinished", inventory.temporaries.count)
            json.add("total_bytes", inventory.size)
            json.add("limit_bytes", CacheLimit.current)
            common.show(text, json: json)
        }
    }

    /// `simple cache why FILE`.
    struct Why: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a program would be compiled, and why.")
        @OptionGroup var common: Common
        @Flag(help: "The program as run with --no-optimize.")
        var noOptimize = false
        @Argument(help: "The source file of the root module.")
        var file: String

        func run() throws {
            guard SystemFile.kind(of: file) == .file else {
                throw ExitCode(report(SystemFailure("read", file, reason: "no such file")))
            }
            var options = CompileOptions()
            options.optimize = !noOptimize
            guard let state = CacheState(path: file, options: options) else {
                SystemFile.print("error: there is no cache: none of SIMPLE_CACHE_DIR, XDG_CACHE_HOME and HOME says where\n", to: 2)
                throw ExitCode(ExitStatus.usage)
            }
            var text = "\(file): \(state.reason == nil ? "up to date" : "must be compiled: \(state.text)")\n"
            if !state.lastReason.isEmpty { text += "  last compiled because \(state.lastReason)\n" }
            var json = JSONText()
            json.add("file", file)
            json.add("up_to_date", state.reason == nil)
            json.add("reason", state.reason?.code)
            json.add("path", state.path)
            json.add("text", state.reason == nil ? nil : state.text)
            json.add("last_reason", state.lastReason.isEmpty ? nil : state.lastReason)
            common.show(text, json: json)
        }
    }

    /// `simple cache verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compile every unchanged program of the cache again and compare.")
        @OptionGroup var common: Common

        func run() throws {
            let (common, store) = (common, try common.store())
            onLargeStack(subject: "cache verify") {
                let rows = CacheVerify.run(store)
                let bad = rows.filter { $0.outcome == .damaged || $0.outcome == .different }
                var text = ""
                var json = JSONText()
                for row in bad { text += "\(row.program): \(row.outcome.rawValue); removed\n" }
                for outcome in [CacheVerify.Outcome.same, .stale, .damaged, .different] {
                    let count = rows.filter { $0.outcome == outcome }.count
                    json.add(outcome.rawValue, count)
                    text += "\(count) \(outcome.rawValue)\(outcome == .different ? "\n" : ", ")"
                }
                json.add("bad", list: bad.map(\.program))
                common.show(text, json: json)
                return bad.isEmpty ? 0 : ExitStatus.compileError
            }
        }
    }

    /// `simple cache trim [--to SIZE]`.
    struct Trim: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove what was used least recently; what was used in the last hour stays.")
        @OptionGroup var common: Common
        @Option(help: "Bytes to keep, with K, M or G; default: SIMPLE_CACHE_MAX or 2G.")
        var to: String?
        @Flag(help: ArgumentHelp("Leave the caller alone.", visibility: .private))
        var background = false

        func run() throws {
            if background { simple_detach() }
            var limit = CacheLimit.current
            if let to {
                guard let size = CacheLimit.parse(to) else { throw ValidationError("'\(to)' is no size") }
                limit = size
            }
            let removed = CacheInventory(try common.store()).trim(to: limit)
            var json = JSONText()
            json.add("removed_bytes", removed)
            common.show("removed \(sizeText(removed))\n", json: json)
        }
    }

    /// `simple cache clear`.
    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove everything from the cache.")
        @OptionGroup var common: Common

        func run() throws {
            let removed = CacheInventory(try common.store()).clear()
            var json = JSONText()
            json.add("removed_bytes", removed)
            common.show("removed \(sizeText(removed))\n", json: json)
        }
    }
}

/// The members of a JSON object, in order.
struct JSONText {
    private var members: [String] = []
    var object: String { "{" + members.joined(separator: ", ") + "}" }

    mutating func add(_ name: String, _ number: Int) { members.append("\"\(name)\": \(number)") }
    mutating func add(_ name: String, _ flag: Bool) { members.append("\"\(name)\": \(flag)") }
    mutating func add(_ name: String, _ text: String?) { members.append("\"\(name)\": \(text.map(quote) ?? "null")") }
    mutating func add(_ name: String, list: [String]) {
        members.append("\"\(name)\": [\(list.map(quote).joined(separator: ", "))]")
    }

    private func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case _ where scalar.value < 32:
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
}

/// `bytes` for people.
private func sizeText(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024 || unit == "GiB" { return unit == "B" ? "\(bytes) B" : "\(Double(Int(value * 10)) / 10) \(unit)" }
        value /= 1024
    }
    return "\(bytes) B"
}
