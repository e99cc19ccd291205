"""kern.py NAME N: the kernels in Python, as plain loops; prints the same checksums as the C programs."""
import math
import sys

SOLAR_MASS = 4 * math.pi * math.pi
DAYS = 365.24
BODIES = [
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    (4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
     0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
    (8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
     -0.00276742510726411042, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
    (12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
     0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
    (15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
     0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
]


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def sieve(n):
    prime = bytearray(b"\1") * (n + 1)
    count = 0
    for i in range(2, n + 1):
        if prime[i]:
            count += 1
            for j in range(i * 2, n + 1, i):
                prime[j] = 0
    return count


def nbody(n):
    bodies = [[x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, m * SOLAR_MASS] for x, y, z, vx, vy, vz, m in BODIES]
    for axis in (3, 4, 5):
        bodies[0][axis] = -sum(b[axis] * b[6] for b in bodies) / SOLAR_MASS
    pairs = [(p, q) for i, p in enumerate(bodies) for q in bodies[i + 1:]]
    for _ in range(n):
        for p, q in pairs:
            dx, dy, dz = p[0] - q[0], p[1] - q[1], p[2] - q[2]
            square = dx * dx + dy * dy + dz * dz
            force = 0.01 / (square * math.sqrt(square))
            pull, push = q[6] * force, p[6] * force
            p[3] -= dx * pull
            p[4] -= dy * pull
            p[5] -= dz * pull
            q[3] += dx * push
            q[4] += dy * push
            q[5] += dz * push
        for b in bodies:
            b[0] += 0.01 * b[3]
            b[1] += 0.01 * b[4]
            b[2] += 0.01 * b[5]
    energy = sum(0.5 * b[6] * (b[3] * b[3] + b[4] * b[4] + b[5] * b[5]) for b in bodies)
    for p, q in pairs:
        dx, dy, dz = p[0] - q[0], p[1] - q[1], p[2] - q[2]
        energy -= p[6] * q[6] / math.sqrt(dx * dx + dy * dy + dz * dz)
    return int(energy * 1e9)


def spectral(n):
    def times(v):
        return [sum(v[j] / ((i + j) * (i + j + 1) // 2 + i + 1) for j in range(n)) for i in range(n)]

    def transposed_times(v):
        return [sum(v[j] / ((i + j) * (i + j + 1) // 2 + j + 1) for j in range(n)) for i in range(n)]

    u = [1.0] * n
    for _ in range(10):
        v = transposed_times(times(u))
        u = transposed_times(times(v))
    return int(math.sqrt(sum(a * b for a, b in zip(u, v)) / sum(b * b for b in v)) * 1e9)


def fannkuch(n):
    p, s = list(range(n)), list(range(n))
    sign, most, total = 1, 0, 0
    while True:
        first = p[0]
        if first:
            q = p[:]
            flips = 1
            while q[first]:
                following = q[first]
                q[first] = first
                if first >= 3:
                    q[1:first] = q[first - 1:0:-1]
                first = following
                flips += 1
            total += sign * flips
            most = max(most, flips)
        if sign == 1:
            p[0], p[1] = p[1], p[0]
            sign = -1
        else:
            p[1], p[2] = p[2], p[1]
            sign = 1
            for i in range(2, n):
                if s[i]:
                    s[i] -= 1
                    break
                if i == n - 1:
                    return total * 1000 + most
                s[i] = i
                p[0:i + 2] = p[1:i + 2] + p[0:1]


def mandel(n):
    count = 0
    for y in range(n):
        for x in range(n):
            cr, ci, zr, zi, i = 2.0 * x / n - 1.5, 2.0 * y / n - 1.0, 0.0, 0.0, 0
            while i < 50:
                zr2, zi2 = zr * zr, zi * zi
                if zr2 + zi2 > 4.0:
                    break
                zi = 2.0 * zr * zi + ci
                zr = zr2 - zi2 + cr
                i += 1
            count += i
    return count


def matmul(n):
    a = [float(i - j) for i in range(n) for j in range(n)]
    b = [(i + j) * 0.5 for i in range(n) for j in range(n)]
    c = [0.0] * (n * n)
    for i in range(n):
        for j in range(n):
            s = 0.0
            for k in range(n):
                s += a[i * n + k] * b[k * n + j]
            c[i * n + j] = s
    return int(sum(c[i * n] for i in range(n)))


def qsort(n):
    a, x = [0] * n, 12345
    for i in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        a[i] = x

    def sort(low, high):
        while low < high:
            pivot, i, j = a[(low + high) // 2], low, high
            while i <= j:
                while a[i] < pivot:
                    i += 1
                while a[j] > pivot:
                    j -= 1
                if i <= j:
                    a[i], a[j] = a[j], a[i]
                    i += 1
                    j -= 1
            if j - low < high - i:
                sort(low, j)
                low = i
            else:
                sort(i, high)
                high = j

    sort(0, n - 1)
    result = 0
    for i in range(0, n, 1000):
        result = (result * 31 + a[i]) & 0xFFFFFFFFFF
    return result


def mix(n):
    word = 0xFFFFFFFF
    state = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
    constants, s = [], 1
    for _ in range(64):
        s = (s * 1664525 + 1013904223) & word
        constants.append(s)

    def turn(x, by):
        return (x >> by | x << (32 - by)) & word

    for block in range(n):
        w = [(block * 16 + i) * 2654435761 & word for i in range(16)]
        for i in range(16, 64):
            p, q = w[i - 15], w[i - 2]
            w.append((w[i - 16] + (turn(p, 7) ^ turn(p, 18) ^ p >> 3) + w[i - 7] + (turn(q, 17) ^ turn(q, 19) ^ q >> 10)) & word)
        a, b, c, d, e, f, g, h = state
        for i in range(64):
            t1 = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + constants[i] + w[i]
            t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = (t1 + t2) & word, a, b, c, (d + t1) & word, e, f, g
        state = [(x + y) & word for x, y in zip(state, (a, b, c, d, e, f, g, h))]
    result = 0
    for x in state:
        result ^= x
    return result


KERNELS = {f.__name__: f for f in (fib, sieve, nbody, spectral, fannkuch, mandel, matmul, qsort, mix)}
print(KERNELS[sys.argv[1]](int(sys.argv[2])))
