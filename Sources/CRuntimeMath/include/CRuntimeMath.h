// Nothing to call from Swift: the functions are found by their names when objects are linked.
