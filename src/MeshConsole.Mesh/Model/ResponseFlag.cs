namespace MeshConsole.Mesh.Model;

/// <summary>A response flag in words.</summary>
/// <param name="Flag">As the proxy writes it.</param>
/// <param name="Meaning">What happened, beginning with a small letter, without a full stop.</param>
/// <param name="NextStep">One sentence for whoever is on call; null where there is nothing to do about it.</param>
public sealed record ResponseFlag(string Flag, string Meaning, string? NextStep);
