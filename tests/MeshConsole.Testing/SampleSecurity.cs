namespace MeshConsole.Testing;

/// <summary>How the traffic of a sample edge is protected, as its reporter says.</summary>
public enum SampleSecurity
{
    Unknown,
    Mutual,
    Plaintext,
}
