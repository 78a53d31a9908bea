using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MeshConsole.Mesh.Notifications;

/// <summary>
/// Proves to a receiver who sent a message and when: HMAC-SHA256 over the time, a dot and the body, in the manner of Stripe's
/// and GitHub's webhooks. The time is part of it, so that a message cannot be sent again later.
/// </summary>
public static class WebhookSignature
{
    public const string Header = "X-MeshConsole-Signature";

    /// <summary>Shortest secret, in bytes.</summary>
    public const int ShortestSecret = 16;

    /// <summary>The header's value: <c>t=Unix seconds,v1=hexadecimal</c>.</summary>
    public static string Of(ReadOnlySpan<byte> secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={time},v1={Convert.ToHexStringLower(Mac(secret, time, body))}";
    }

    /// <summary>Whether a header is right and not older than <paramref name="tolerance"/>: what a receiver does.</summary>
    public static bool Verify(string header, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan tolerance)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.Split(',') is not [['t', '=', .. var time], ['v', '1', '=', .. var hex]]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || hex.Length != 64
            || !hex.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        var age = now - DateTimeOffset.UnixEpoch - TimeSpan.FromSeconds(seconds);
        return age.Duration() <= tolerance && CryptographicOperations.FixedTimeEquals(Mac(secret, time, body), Convert.FromHexString(hex));
    }

    private static byte[] Mac(ReadOnlySpan<byte> secret, string time, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.ASCII.GetBytes(time + "."));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
