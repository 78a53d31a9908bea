using System.Security.Cryptography;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// The key that signs checkpoints: ECDSA P-256, made once per installation, in a file that only the console's account can
/// read. Its public half lies beside it, to be kept elsewhere and given to the verify command.
/// </summary>
public sealed class CheckpointKey : IDisposable
{
    private readonly ECDsa _key;

    private CheckpointKey(ECDsa key)
    {
        _key = key;
        var publicKey = key.ExportSubjectPublicKeyInfo();
        PublicKey = Convert.ToBase64String(publicKey);
        Id = IdOf(publicKey);
    }

    /// <summary>SHA-256 of the public key, in lower-case hexadecimal.</summary>
    public string Id { get; }

    /// <summary>SubjectPublicKeyInfo, base64.</summary>
    public string PublicKey { get; }

    /// <summary>Reads the key, or makes one where there is none.</summary>
    /// <exception cref="IOException">The file can be neither read nor made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise, for want of a right.</exception>
    /// <exception cref="CryptographicException">The file holds no such key.</exception>
    public static CheckpointKey LoadOrCreate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            Create(path);
        }

        return Load(path);
    }

    /// <summary>Id of the public key in a PEM file.</summary>
    /// <exception cref="CryptographicException">There is none in it.</exception>
    public static string IdOfPem(string pem)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (ArgumentException exception)
        {
            throw new CryptographicException("the file holds no key in PEM form", exception);
        }

        return IdOf(key.ExportSubjectPublicKeyInfo());
    }

    public AuditCheckpoint Sign(long sequence, string hash, DateTimeOffset at)
    {
        var moment = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
        var signature = _key.SignData(AuditCheckpoint.Signed(sequence, hash, moment, Id, PublicKey), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new AuditCheckpoint(sequence, hash, moment, Id, PublicKey, Convert.ToBase64String(signature));
    }

    /// <summary>The root with this key's signature.</summary>
    internal AuditSegment Seal(AuditSegment segment)
    {
        var named = segment with { KeyId = Id, PublicKey = PublicKey };
        return named with { Signature = Convert.ToBase64String(_key.SignData(named.Signed(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)) };
    }

    /// <summary>Whether the key is the one of the id, and the signature is that key's.</summary>
    internal static bool Verifies(string publicKey, string keyId, byte[] content, string signature)
    {
        try
        {
            var bytes = Convert.FromBase64String(publicKey);
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(bytes, out _);
            return string.Equals(IdOf(bytes), keyId, StringComparison.Ordinal) && key.VerifyData(content, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            return false;
        }
    }

    public void Dispose() => _key.Dispose();

    internal static string IdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey));

    private static CheckpointKey Load(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return new CheckpointKey(key);
        }
        catch (ArgumentException exception)
        {
            key.Dispose();
            throw new CryptographicException($"'{path}' holds no private key in PEM form", exception);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static void Create(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        // One at a time, also between processes: moving a file without overwriting looks first and moves then, and two that
        // looked at the same moment would both move.
        using var turn = WaitForTurn($"{path}.lock");
        if (File.Exists(path))
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        // Written whole under another name first: a reader never meets half a key, and the mode holds from the first byte.
        var draft = $"{path}.{Guid.NewGuid():N}";
        Write(draft, key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(draft, path, overwrite: false);
        Write($"{path}.pub", key.ExportSubjectPublicKeyInfoPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static FileStream WaitForTurn(string path)
    {
        FileStream? turn = null;
        IOException? last = null;

        // Somebody else may be making the key; that takes milliseconds.
        return SpinWait.SpinUntil(TryTake, TimeSpan.FromSeconds(5)) ? turn! : throw new IOException($"'{path}' is held by another process: {last?.Message}", last);

        bool TryTake()
        {
            try
            {
                turn = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return true;
            }
            catch (IOException exception)
            {
                last = exception;
                return false;
            }
        }
    }

    private static void Write(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using var stream = new FileStream(path, options);
        stream.Write(CanonicalJson.Utf8(text + "\n"));
        stream.Flush(flushToDisk: true);
    }
}
