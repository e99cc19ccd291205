package import Cache
internal import Codegen
internal import Linker
internal import Loader
internal import MIR
internal import Support

// Objects from the cache: modules whose lowered form is what it was are neither optimised nor generated again.

extension Compilation {
    /// Modules of fewer instructions are made faster than their objects are found.
    private static let smallestWorthKeeping = 200

    /// Looks for the objects of modules that were compiled before. Those of a program of one module would be of no use:
    /// if anything of it changes, the module does.
    mutating func reuseObjects() {
        guard let objectCache, recordedSources.files.count > 1 else { return }
        prepareCodegen()
        objectKeys = [ContentDigest?](repeating: nil, count: modules.count)
        reusedObjects = [[UInt8]?](repeating: nil, count: modules.count)
        var key = ObjectKey(sourceFileCount: recordedSources.files.count)
        for index in modules.indices {
            var size = 0
            for i in modules[index].functions.indices { size += modules[index].functions[i].instructions.count }
            if size < Compilation.smallestWorthKeeping { continue }
            let digest = key.digest(
                modules[index], codegenOptions[index], file: moduleFiles[index], optimizes: options.optimize)
            objectKeys[index] = digest
            reusedObjects[index] = objectCache.object(digest)
            // What is not needed any more is freed, and never optimised.
            if reusedObjects[index] != nil {
                modules[index] = MIRModule(name: modules[index].name, sources: modules[index].sources)
            }
        }
    }

    /// The object of module `index` from the cache.
    func reusedObject(_ index: Int) -> [UInt8]? { index < reusedObjects.count ? reusedObjects[index] : nil }

    /// Puts the objects that were made into the cache. Call when the program has been linked.
    package func keepObjects() throws(CacheFailure) {
        guard let objectCache else { return }
        for (key, object) in newObjects { try objectCache.keepObject(key, object) }
    }

    /// How many modules were found and how many were made.
    package var objectCounts: (reused: Int, made: Int) {
        let reused = reusedObjects.count { $0 != nil }
        return (reused, moduleFiles.count - reused)
    }
}
