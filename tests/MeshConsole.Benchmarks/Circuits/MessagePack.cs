using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MeshConsole.Benchmarks.Circuits;

/// <summary>As much of MessagePack as the circuit protocol uses: nil, booleans, integers, text, bytes, arrays, empty maps.</summary>
internal static class MessagePack
{
    /// <summary>A hub message with its length in front, as it goes over the wire.</summary>
    public static byte[] Frame(params object?[] message)
    {
        var body = new ArrayBufferWriter<byte>();
        Write(body, message);
        var frame = new ArrayBufferWriter<byte>(body.WrittenCount + 5);
        var length = (uint)body.WrittenCount;
        do
        {
            var part = (byte)(length & 0x7f);
            length >>= 7;
            Put(frame, length == 0 ? part : (byte)(part | 0x80));
        }
        while (length > 0);

        frame.Write(body.WrittenSpan);
        return frame.WrittenSpan.ToArray();
    }

    /// <summary>The first whole message of the bytes, and how many bytes it took; null when it is not whole yet.</summary>
    public static object?[]? Unframe(ReadOnlySpan<byte> data, out int taken)
    {
        var (length, shift, at) = (0, 0, 0);
        while (true)
        {
            if (at == data.Length)
            {
                taken = 0;
                return null;
            }

            var part = data[at++];
            length |= (part & 0x7f) << shift;
            shift += 7;
            if (part < 0x80)
            {
                break;
            }
        }

        if (data.Length - at < length)
        {
            taken = 0;
            return null;
        }

        taken = at + length;
        var body = data.Slice(at, length);
        return (object?[])Read(ref body)!;
    }

    private static void Write(ArrayBufferWriter<byte> to, object? value)
    {
        switch (value)
        {
            case null:
                Put(to, 0xc0);
                break;
            case bool yes:
                Put(to, yes ? (byte)0xc3 : (byte)0xc2);
                break;
            case long number:
                Put(to, 0xd3);
                BinaryPrimitives.WriteInt64BigEndian(to.GetSpan(8), number);
                to.Advance(8);
                break;
            case int number:
                Write(to, (long)number);
                break;
            case string text:
                Put(to, 0xdb);
                var bytes = Encoding.UTF8.GetBytes(text);
                BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(4), bytes.Length);
                to.Advance(4);
                to.Write(bytes);
                break;
            case object?[] items:
                Put(to, 0xdd);
                BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(4), items.Length);
                to.Advance(4);
                foreach (var item in items)
                {
                    Write(to, item);
                }

                break;
            case Headers:
                Put(to, 0x80);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value, "The circuit protocol has no such value.");
        }
    }

    private static object? Read(ref ReadOnlySpan<byte> data)
    {
        var type = Take(ref data, 1)[0];
        switch (type)
        {
            case < 0x80:
                return (long)type;
            case < 0x90:
                return Map(ref data, type & 0x0f);
            case < 0xa0:
                return Array(ref data, type & 0x0f);
            case < 0xc0:
                return Encoding.UTF8.GetString(Take(ref data, type & 0x1f));
            case >= 0xe0:
                return (long)(sbyte)type;
        }

        return type switch
        {
            0xc0 => null,
            0xc2 => false,
            0xc3 => true,
            0xc4 => Take(ref data, Length(ref data, 1)).ToArray(),
            0xc5 => Take(ref data, Length(ref data, 2)).ToArray(),
            0xc6 => Take(ref data, Length(ref data, 4)).ToArray(),
            0xca => (double)BinaryPrimitives.ReadSingleBigEndian(Take(ref data, 4)),
            0xcb => BinaryPrimitives.ReadDoubleBigEndian(Take(ref data, 8)),
            0xcc => (long)Take(ref data, 1)[0],
            0xcd => (long)BinaryPrimitives.ReadUInt16BigEndian(Take(ref data, 2)),
            0xce => (long)BinaryPrimitives.ReadUInt32BigEndian(Take(ref data, 4)),
            0xcf or 0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(ref data, 8)),
            0xd0 => (long)(sbyte)Take(ref data, 1)[0],
            0xd1 => (long)BinaryPrimitives.ReadInt16BigEndian(Take(ref data, 2)),
            0xd2 => (long)BinaryPrimitives.ReadInt32BigEndian(Take(ref data, 4)),
            0xd9 => Encoding.UTF8.GetString(Take(ref data, Length(ref data, 1))),
            0xda => Encoding.UTF8.GetString(Take(ref data, Length(ref data, 2))),
            0xdb => Encoding.UTF8.GetString(Take(ref data, Length(ref data, 4))),
            0xdc => Array(ref data, Length(ref data, 2)),
            0xdd => Array(ref data, Length(ref data, 4)),
            0xde => Map(ref data, Length(ref data, 2)),
            _ => throw new InvalidDataException($"MessagePack type 0x{type:x2} is not of the circuit protocol."),
        };
    }

    private static object?[] Array(ref ReadOnlySpan<byte> data, int count)
    {
        var items = new object?[count];
        for (var i = 0; i < count; i++)
        {
            items[i] = Read(ref data);
        }

        return items;
    }

    /// <summary>Headers, which the circuit does not use.</summary>
    private static Headers Map(ref ReadOnlySpan<byte> data, int count)
    {
        for (var i = 0; i < 2 * count; i++)
        {
            Read(ref data);
        }

        return Headers.None;
    }

    private static int Length(ref ReadOnlySpan<byte> data, int size)
    {
        var length = 0;
        foreach (var part in Take(ref data, size))
        {
            length = (length << 8) | part;
        }

        return length;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, int count)
    {
        var taken = data[..count];
        data = data[count..];
        return taken;
    }

    private static void Put(ArrayBufferWriter<byte> to, byte value)
    {
        to.GetSpan(1)[0] = value;
        to.Advance(1);
    }
}

/// <summary>The headers of a hub message; always none.</summary>
internal sealed class Headers
{
    public static readonly Headers None = new();
}
