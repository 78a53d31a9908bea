using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Interns UTF-8 text as small integers. Label values repeat from series to series and from refresh to refresh: a table
/// that lives as long as its poller turns each into a number without making a string. Symbol 0 is the empty text, which to
/// Prometheus is the same as an absent label. Not safe for several
/// threads at once: the client locks it while it reads a piece of an answer.
/// </summary>
public sealed class SymbolTable
{
    /// <summary>The empty or absent text.</summary>
    public const int None = 0;

    // Differs from process to process, so that nobody can choose label values that all fall into one bucket.
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64() | 1;
    private byte[] _bytes = new byte[4096];
    private int _used;
    private Entry[] _entries = new Entry[256];
    private string?[] _strings = new string?[256];
    private int[] _buckets = new int[512];
    private int _count;

    public SymbolTable()
    {
        _strings[0] = "";
        _count = 1;
    }

    /// <summary>Symbols in use, <see cref="None"/> included.</summary>
    public int Count => _count;

    /// <summary>The text of a symbol; the same string instance every time.</summary>
    public string this[int symbol] => _strings[symbol] ??= Encoding.UTF8.GetString(Utf8(symbol));

    public ReadOnlySpan<byte> Utf8(int symbol)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)symbol, (uint)_count, nameof(symbol));
        var entry = _entries[symbol];
        return _bytes.AsSpan(entry.Start, entry.Length);
    }

    public bool Is(int symbol, ReadOnlySpan<byte> utf8) => Utf8(symbol).SequenceEqual(utf8);

    public int Intern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Intern(Encoding.UTF8.GetBytes(text));
    }

    public int Intern(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return None;
        }

        var hash = Hash(utf8);
        for (var symbol = _buckets[hash & (uint)(_buckets.Length - 1)]; symbol != None; symbol = _entries[symbol].Next)
        {
            ref readonly var entry = ref _entries[symbol];
            if (entry.Hash == hash && entry.Length == utf8.Length && _bytes.AsSpan(entry.Start, entry.Length).SequenceEqual(utf8))
            {
                return symbol;
            }
        }

        return Add(utf8, hash);
    }

    private int Add(ReadOnlySpan<byte> utf8, uint hash)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
            Array.Resize(ref _strings, _count * 2);
            _buckets = new int[_count * 4];
            for (var i = 1; i < _count; i++)
            {
                ref var bucketOfOld = ref _buckets[_entries[i].Hash & (uint)(_buckets.Length - 1)];
                _entries[i].Next = bucketOfOld;
                bucketOfOld = i;
            }
        }

        if (utf8.Length > _bytes.Length - _used)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)_bytes.Length * 2, (long)_used + utf8.Length)));
        }

        utf8.CopyTo(_bytes.AsSpan(_used));
        var symbol = _count++;
        ref var bucket = ref _buckets[hash & (uint)(_buckets.Length - 1)];
        _entries[symbol] = new Entry { Start = _used, Length = utf8.Length, Hash = hash, Next = bucket };
        bucket = symbol;
        _used += utf8.Length;
        return symbol;
    }

    private uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = _seed ^ (uint)utf8.Length;
        while (utf8.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(utf8));
            utf8 = utf8[sizeof(ulong)..];
        }

        if (utf8.Length >= sizeof(uint))
        {
            hash = Mix(hash ^ MemoryMarshal.Read<uint>(utf8));
            utf8 = utf8[sizeof(uint)..];
        }

        ulong rest = 0x80;
        foreach (var one in utf8)
        {
            rest = (rest << 8) | one;
        }

        hash = Mix(hash ^ rest);
        return (uint)(hash ^ BitOperations.RotateRight(hash, 32));
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, 0x9E37_79B9_7F4A_7C15, out var low);
        return high ^ low;
    }

    private struct Entry
    {
        public int Start;
        public int Length;
        public uint Hash;
        public int Next;
    }
}
