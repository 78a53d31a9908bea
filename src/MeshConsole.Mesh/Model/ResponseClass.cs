namespace MeshConsole.Mesh.Model;

/// <summary>How the end of a request counts; see <see cref="ResponseClassifier"/>.</summary>
public enum ResponseClass
{
    Success,

    /// <summary>The server or the mesh failed to do what was asked.</summary>
    Failure,

    /// <summary>The server answered and refused: the caller asked for something it may not have.</summary>
    ClientError,

    /// <summary>The caller went away before a response was started: nobody's error, but a request all the same.</summary>
    Abandoned,
}
