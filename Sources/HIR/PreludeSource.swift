/// The part of the prelude that is written in Simple: generic functions, instantiated where they are used.
/// A method `m` of a built-in type is the function `TYPE_m`. Every function here must be generic, so that it leaves no
/// code in programs that do not use it.
let preludeSource = """
    fn array_first(xs):
        if xs.len() == 0: panic("called `first` on an empty array")
        return xs[0]

    fn array_last(xs):
        if xs.len() == 0: panic("called `last` on an empty array")
        return xs[-1]

    fn array_get[T](xs: [T], i: i64) -> T?:
        let n = xs.len()
        if i >= n or i < -n: return None
        return Some(xs[i])

    fn array_try_pop[T](xs: [T]) -> T?:
        if xs.len() == 0: return None
        return Some(xs.pop())

    fn array_contains(xs, x):
        for e in xs:
            if e == x: return true
        return false

    fn array_index_of(xs, x):
        var i = 0i64
        for e in xs:
            if e == x: return i
            i += 1
        return -1i64

    fn array_count_of(xs, x):
        var n = 0i64
        for e in xs:
            if e == x: n += 1
        return n

    fn array_remove(xs, x):
        let i = array_index_of(xs, x)
        if i < 0: return false
        xs.remove_at(i)
        return true

    fn array_min(xs):
        if xs.len() == 0: panic("called `min` on an empty array")
        var best = xs[0]
        for e in xs:
            if e < best: best = e
        return best

    fn array_max(xs):
        if xs.len() == 0: panic("called `max` on an empty array")
        var best = xs[0]
        for e in xs:
            if e > best: best = e
        return best

    fn array_sum(xs):
        var total = 0
        for e in xs: total += e
        return total

    fn array_product(xs):
        var total = 1
        for e in xs: total *= e
        return total

    fn array_set[T](xs: [T], i: i64, x: T) -> [T]:
        xs[i] = x
        return xs

    fn array_fill[T](xs: [T], x: T) -> [T]:
        for i in 0..xs.len(): xs[i] = x
        return xs

    fn array_concat(xs, ys): return xs + ys
    fn array_slice(xs, a: i64, b: i64): return xs[a:b]
    fn array_take(xs, n: i64): return xs[:n]
    fn array_drop(xs, n: i64): return xs[n:]

    fn array_with[T](xs: [T], i: i64, x: T) -> [T]:
        let copy = xs.clone()
        copy[i] = x
        return copy

    fn array_reversed(xs): return xs[::-1]

    fn array_enumerate[T](xs: [T]) -> [(i64, T)]:
        var result: [(i64, T)] = []
        var i = 0
        for e in xs:
            result.push((i, e))
            i += 1
        return result

    fn array_zip[A, B](xs: [A], ys: [B]) -> [(A, B)]:
        var result: [(A, B)] = []
        for i in 0..min(xs.len(), ys.len()): result.push((xs[i], ys[i]))
        return result

    fn array_join(xs, sep = ""):
        var result = ""
        var first = true
        for e in xs:
            if not first: result += sep
            result += "{e}"
            first = false
        return result

    fn array_unique(xs):
        let result = xs[:0]
        for e in xs:
            if not array_contains(result, e): result.push(e)
        return result

    fn array_flatten(xss):
        var result = []
        for xs in xss:
            for e in xs: result.push(e)
        return result

    fn array_chunks(xs, n: i64):
        assert(n > 0, "the chunk size must be positive")
        var result = []
        var i = 0
        while i < xs.len():
            result.push(xs[i:i + n])
            i += n
        return result

    fn array_windows(xs, n: i64):
        assert(n > 0, "the window size must be positive")
        var result = []
        for i in 0..(xs.len() - n + 1): result.push(xs[i:i + n])
        return result

    fn merge_runs(src, dst, lo: i64, mid: i64, hi: i64):
        var i = lo
        var j = mid
        var k = lo
        while k < hi:
            if i < mid and (j >= hi or not (src[j] < src[i])):
                dst[k] = src[i]
                i += 1
            else:
                dst[k] = src[j]
                j += 1
            k += 1
        return nil

    fn array_sort(xs):
        let n = xs.len()
        var width = 1
        # Short runs by insertion, then merges of doubling width.
        let run = 16
        var start = 0
        while start < n:
            let end = min(start + run, n)
            var i = start + 1
            while i < end:
                let x = xs[i]
                var j = i
                while j > start and x < xs[j - 1]:
                    xs[j] = xs[j - 1]
                    j -= 1
                xs[j] = x
                i += 1
            start += run
        width = run
        let other = xs.clone()
        var inPlace = true
        while width < n:
            var lo = 0
            while lo < n:
                let mid = min(lo + width, n)
                let hi = min(lo + 2 * width, n)
                if inPlace: merge_runs(xs, other, lo, mid, hi)
                else: merge_runs(other, xs, lo, mid, hi)
                lo += 2 * width
            inPlace = not inPlace
            width *= 2
        if not inPlace:
            for i in 0..n: xs[i] = other[i]
        return xs

    fn array_sorted(xs):
        let copy = xs.clone()
        array_sort(copy)
        return copy

    fn array_binary_search[T: Ord](xs: [T], x: T) -> i64?:
        var lo = 0
        var hi = xs.len()
        while lo < hi:
            let mid = lo + (hi - lo) / 2
            if xs[mid] < x: lo = mid + 1
            else: hi = mid
        if lo < xs.len() and not (x < xs[lo]): return Some(lo)
        return None

    fn sum_of(xs):
        var total = 0
        for e in xs: total += e
        return total

    fn list_of(xs): return [e for e in xs]
    fn sorted_of(xs): return array_sorted([e for e in xs])
    fn reversed_of(xs): return array_reversed([e for e in xs])
    fn enumerate_of(xs): return array_enumerate([e for e in xs])
    fn zip_of(xs, ys): return array_zip([e for e in xs], [e for e in ys])

    fn any_of(xs):
        for e in xs:
            if e: return true
        return false

    fn all_of(xs):
        for e in xs:
            if not e: return false
        return true

    fn option_unwrap_or[T](o: T?, d: T) -> T: return o ?? d

    fn option_or[T](o: T?, other: T?) -> T?:
        if o.is_some(): return o
        return other

    fn option_zip[A, B](a: A?, b: B?) -> (A, B)?:
        if let Some(x) = a:
            if let Some(y) = b: return Some((x, y))
        return None

    fn option_to_array[T](o: T?) -> [T]:
        if let Some(x) = o: return [x]
        return []

    fn range_to_array(r): return [e for e in r]
    fn range_sum(r):
        var total = 0
        for e in r: total += e
        return total
    fn range_contains(r, x): return x in r

    fn int_is_even(x): return x % 2 == 0
    fn int_is_odd(x): return x % 2 != 0
    fn int_clamp(x, lo, hi): return min(max(x, lo), hi)
    fn float_clamp(x, lo, hi): return min(max(x, lo), hi)
    fn int_div_floor(x, y): return x // y

    fn int_gcd(x, y):
        var a = abs(x)
        var b = abs(y)
        while b != 0: a, b = b, a % b
        return a

    fn int_lcm(x, y):
        if x == 0 or y == 0: return x * 0
        return abs(x / int_gcd(x, y) * y)

    fn float_log(x, base): return x.ln() / base.ln()
    fn float_powi(x, n: i64): return x ** (n as f64)
    fn float_mul_add(x, b, c): return x * b + c

    fn str_get[T](s: T, i: i64) -> str?:
        let text = "{s}"
        let n = text.len()
        if i >= n or i < -n: return None
        return Some(text[i])

    fn str_join(sep, xs): return array_join(xs, sep)

    fn str_partition(s, sep):
        if let Some(parts) = s.split_once(sep): return (parts[0], sep, parts[1])
        return (s + "", "", "")

    fn str_substring(s, a: i64, b: i64): return s[a:b]
    fn str_slice(s, a: i64, b: i64): return s[a:b]
    fn str_take(s, n: i64): return s[:n]
    fn str_drop(s, n: i64): return s[n:]
    """
