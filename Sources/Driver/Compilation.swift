package import Cache
internal import Codegen
package import Diagnostics
internal import HIR
package import Linker
package import Loader
internal import Lowering
internal import MIR
package import Support
internal import Syntax

/// One compilation on its way through the stages: each stage takes what the one before it left here.
package struct Compilation: ~Copyable {
    package let options: CompileOptions
    package var interner = Interner()
    package var diagnostics = DiagnosticList()
    /// The sources under the paths that diagnostics show.
    package var sources = SourceMap()
    /// The root module as given: its path and its bytes.
    let rootPath: String
    var rootBytes: [UInt8]
    /// What the root's file was when it was read; `nil`: no file, or none with lasting contents.
    let rootStamp: FileStamp?
    /// What was looked at in the file system to find the other modules.
    var probes = FileProbes()

    /// What `parse` leaves for `check`.
    var parsed: CheckInput?
    /// What `check` leaves for `lower`.
    var program: HIRProgram?
    /// What `lower` leaves and `optimize` changes, in order of the program's modules.
    var modules: [MIRModule] = []
    /// The source file of each of `modules`.
    var moduleFiles: [SourceFile] = []
    /// What importers of each of `modules` rely on, as text; empty for the prelude, which is part of the compiler.
    var moduleInterfaces: [[UInt8]] = []
    /// What lowering says of each of `modules`.
    var moduleDescriptions: [ModuleDescription] = []
    /// Where objects of earlier compilations may be found; `nil`: everything is made anew.
    package var objectCache: CacheStore?
    /// What `generate` gets besides each of `modules`.
    var codegenOptions: [CodegenOptions] = []
    /// By module: the key of its object, and the object if it was in the cache. Empty: no cache.
    var objectKeys: [ContentDigest?] = []
    var reusedObjects: [[UInt8]?] = []
    /// Objects to put into the cache.
    var newObjects: [(key: ContentDigest, object: [UInt8])] = []
    /// What `generate` leaves for `link`.
    package var objects: [LinkInput] = []
    /// The linked image.
    package var image: [UInt8] = []

    /// What C can call of the program, if an ELF object is wanted.
    var cInterface: CInterface?
    /// The ELF object, if one is wanted.
    var object: [UInt8] = []

    package var timing = Timing()
    /// The texts that `options.emit` asked for, in the order of the stages.
    package var emitted: [(section: String, text: String)] = []
    /// Why a text that was asked for is missing.
    package var textFailure: String?
    /// Findings of verifiers about our own work: bugs in the compiler.
    package var bugs: [String] = []

    /// Starts a compilation of the program whose root module is `bytes`, read from `path`.
    package init(rootPath path: String, bytes: [UInt8], stamp: FileStamp? = nil, options: CompileOptions) {
        self.options = options
        rootPath = path
        rootBytes = bytes
        rootStamp = stamp
    }

    /// A module has syntax errors. Imports that lead nowhere are errors too, but checking goes on behind them.
    package var hasSyntaxErrors = false
    /// The stage that found the errors or bugs; empty: none.
    package var failedStage = ""
    /// Why the objects could not be linked.
    package var linkProblems: [LinkProblem] = []

    /// `true` iff there is an error, of the user or our own.
    package var hasFailed: Bool { diagnostics.hasErrors || !bugs.isEmpty }

    /// Whether the text `section` was asked for.
    func wants(_ section: String) -> Bool { options.emit.contains(section) }

    /// Gives the MIR away.
    mutating func takeModules() -> [MIRModule] {
        defer { modules = [] }
        return modules
    }

    /// The sources under the paths that the compiled program shows; see `ModuleLoader.recordedSources`.
    var recordedSources = SourceMap()
}
