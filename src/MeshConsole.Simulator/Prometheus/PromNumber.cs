using System.Globalization;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Numbers as Prometheus writes them: the shortest digits that read back as the same value.</summary>
internal static class PromNumber
{
    /// <summary>Enough for any text that <see cref="Format"/> writes.</summary>
    public const int MaxLength = 40;

    /// <summary>Writes <c>NaN</c>, <c>+Inf</c>, <c>-Inf</c> or digits; an exponent below 1e-6 and from 1e21 on.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Format(double value, Span<byte> target)
    {
        if (double.IsNaN(value)) return Put("NaN"u8, target);
        if (double.IsInfinity(value)) return Put(value > 0 ? "+Inf"u8 : "-Inf"u8, target);
        if (value == Math.Truncate(value) && Math.Abs(value) < 1e15 && !(value == 0 && double.IsNegative(value)))
        {
            ((long)value).TryFormat(target, out var whole, default, CultureInfo.InvariantCulture);
            return whole;
        }

        Span<byte> digits = stackalloc byte[24];
        var (count, exponent) = ShortestDigits(Math.Abs(value), digits);
        digits = digits[..count];
        var at = 0;
        if (double.IsNegative(value)) target[at++] = (byte)'-';
        var magnitude = Math.Abs(value);
        if (magnitude != 0 && magnitude is < 1e-6 or >= 1e21)
        {
            target[at++] = digits[0];
            if (digits.Length > 1)
            {
                target[at++] = (byte)'.';
                at += Put(digits[1..], target[at..]);
            }

            target[at++] = (byte)'e';
            target[at++] = (byte)(exponent < 0 ? '-' : '+');
            Math.Abs(exponent).TryFormat(target[at..], out var written, "00", CultureInfo.InvariantCulture);
            return at + written;
        }

        // d.ddd × 10^exponent, without an exponent.
        if (exponent < 0)
        {
            at += Put("0."u8, target[at..]);
            target.Slice(at, -exponent - 1).Fill((byte)'0');
            at += -exponent - 1;
            return at + Put(digits, target[at..]);
        }

        var wholeDigits = Math.Min(digits.Length, exponent + 1);
        at += Put(digits[..wholeDigits], target[at..]);
        if (exponent + 1 > digits.Length)
        {
            target.Slice(at, exponent + 1 - digits.Length).Fill((byte)'0');
            return at + exponent + 1 - digits.Length;
        }

        if (digits.Length == wholeDigits) return at;
        target[at++] = (byte)'.';
        return at + Put(digits[wholeDigits..], target[at..]);
    }

    public static string ToText(double value)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    /// <summary>Without an exponent, however long that gets.</summary>
    public static string ToPlainText(double value)
    {
        var magnitude = Math.Abs(value);
        if (!double.IsFinite(value) || magnitude is 0 or (>= 1e-6 and < 1e21)) return ToText(value);
        Span<byte> digits = stackalloc byte[24];
        var (count, exponent) = ShortestDigits(magnitude, digits);
        var plain = System.Text.Encoding.ASCII.GetString(digits[..count]);
        var text = exponent < 0 ? "0." + new string('0', -exponent - 1) + plain : plain.PadRight(exponent + 1, '0');
        return value < 0 ? "-" + text : text;
    }

    /// <summary>Go's ParseFloat as far as metrics use it: decimal, exponent, hexadecimal whole numbers, Inf and NaN in any case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value)
    {
        var sign = 1.0;
        var rest = text;
        if (rest.Length > 0 && rest[0] is '+' or '-')
        {
            if (rest[0] == '-') sign = -1;
            rest = rest[1..];
        }

        if (rest.Equals("inf", StringComparison.OrdinalIgnoreCase) || rest.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            value = sign * double.PositiveInfinity;
            return true;
        }

        if (text.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            value = double.NaN;
            return true;
        }

        if (rest.Length > 0 && (char.IsAsciiDigit(rest[0]) || rest[0] == '.')
            && double.TryParse(rest, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
            && !double.IsInfinity(value))
        {
            value *= sign;
            return true;
        }

        value = 0;
        return false;
    }

    /// <summary>The significant digits without a point, and the decimal exponent of the first one.</summary>
    private static (int Count, int Exponent) ShortestDigits(double value, Span<byte> digits)
    {
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        text = text[..length];
        var exponentAt = text.IndexOf((byte)'E');
        var exponent = 0;
        if (exponentAt >= 0)
        {
            exponent = int.Parse(text[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..exponentAt];
        }

        var count = 0;
        var point = text.IndexOf((byte)'.');
        var wholeDigits = point < 0 ? text.Length : point;
        var leadingZeros = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '.') continue;
            if (count == 0 && text[i] == '0') leadingZeros++;
            else digits[count++] = text[i];
        }

        while (count > 1 && digits[count - 1] == '0') count--;
        if (count == 0)
        {
            digits[0] = (byte)'0';
            return (1, 0);
        }

        return (count, exponent + wholeDigits - 1 - leadingZeros);
    }

    private static int Put(ReadOnlySpan<byte> text, Span<byte> target)
    {
        text.CopyTo(target);
        return text.Length;
    }
}
