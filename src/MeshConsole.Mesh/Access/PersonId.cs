namespace MeshConsole.Mesh.Access;

/// <summary>
/// One human: who vouches for them, and their name there. Approvals count people and not credentials, so two tokens of one
/// person are one; names are compared without case, since most directories do.
/// </summary>
public readonly record struct PersonId(string Issuer, string Subject)
{
    public bool Equals(PersonId other) =>
        string.Equals(Issuer, other.Issuer, StringComparison.Ordinal) && string.Equals(Subject, other.Subject, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() => HashCode.Combine(Issuer, StringComparer.OrdinalIgnoreCase.GetHashCode(Subject));

    public override string ToString() => $"{Issuer}:{Subject}";
}
