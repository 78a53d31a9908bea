namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>The object that a plan starts from.</summary>
/// <param name="Uid">Of the object.</param>
/// <param name="ResourceVersion">When it was read; informative, since a status update moves it too.</param>
/// <param name="SpecHash">SHA-256, in lower-case hexadecimal, of the canonical JSON of its <c>spec</c>.</param>
public sealed record ChangeBase(string Uid, string ResourceVersion, string SpecHash);
