extension FunctionGenerator {
    mutating func checkAllocation() {}
}
