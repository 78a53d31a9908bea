namespace MeshConsole.Mesh.Model;

/// <summary>A rate per second split by how the connection is protected. Unknown is a class of its own, never plaintext.</summary>
public sealed record SecuritySplit(double Mutual, double Plaintext, double Unknown)
{
    public static SecuritySplit None { get; } = new(0, 0, 0);

    public double Total => Mutual + Plaintext + Unknown;

    public SecuritySplit Add(SecuritySplit other) => new(Mutual + other.Mutual, Plaintext + other.Plaintext, Unknown + other.Unknown);
}
