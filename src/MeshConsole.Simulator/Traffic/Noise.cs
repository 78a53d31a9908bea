namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// Noise that is a function of a seed, a name and a time, not of how often it was asked: the same mesh at the same instant
/// looks the same whether it got there in steps of 5 s or of 30 s.
/// </summary>
internal static class Noise
{
    /// <summary>A stable 64-bit hash of a text.</summary>
    public static ulong Hash(string text)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var c in text) hash = (hash ^ c) * 1_099_511_628_211UL;
        return Mix(hash);
    }

    public static ulong Hash(ulong seed, ulong value) => Mix(seed ^ Mix(value + 0x9E3779B97F4A7C15UL));

    /// <summary>Even between 0 (included) and 1 (excluded).</summary>
    public static double Uniform(ulong seed, ulong value) => (Hash(seed, value) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Roughly normal: mean 0, deviation 1, never beyond ±3.5.</summary>
    public static double Normal(ulong seed, ulong value)
    {
        var hash = Hash(seed, value);
        // Four even 16-bit numbers: their sum has variance 4/12.
        var sum = (hash & 0xFFFF) + ((hash >> 16) & 0xFFFF) + ((hash >> 32) & 0xFFFF) + (hash >> 48);
        return ((sum / 65_536.0) - 2) * 1.7320508;
    }

    /// <summary>A smooth curve through even values between -1 and 1, one per <paramref name="periodSeconds"/>.</summary>
    public static double Smooth(ulong seed, double seconds, double periodSeconds)
    {
        var place = seconds / periodSeconds;
        var cell = Math.Floor(place);
        var t = place - cell;
        var a = Uniform(seed, (ulong)(long)cell);
        var b = Uniform(seed, (ulong)((long)cell + 1));
        return 2 * (a + ((b - a) * t * t * (3 - (2 * t)))) - 1;
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
