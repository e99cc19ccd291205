#pragma once

/// Linking this module replaces malloc and its relatives by the compiler's own; see CompilerHeap.c. There is nothing to
/// call.
