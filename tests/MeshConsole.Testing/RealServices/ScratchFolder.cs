namespace MeshConsole.Testing.RealServices;

/// <summary>A folder under the system's temporary folder that is gone after use.</summary>
public sealed class ScratchFolder : IDisposable
{
    private ScratchFolder(string path) => Path = path;

    public string Path { get; }

    public static ScratchFolder Create(string purpose) => new(Directory.CreateTempSubdirectory($"meshconsole-{purpose}-").FullName);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Folder(string name) => Directory.CreateDirectory(File(name)).FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that was killed a moment ago may still hold a file: the system's own cleaning takes the rest.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }
}
