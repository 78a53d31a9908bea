namespace MeshConsole.System.Tests.Parity;

/// <summary>What of the two answers has to be equal.</summary>
internal enum Compare
{
    /// <summary>The HTTP status code; and for a refusal the whole Status object.</summary>
    Answer,

    /// <summary>The status code and the reason: the words differ between versions of Kubernetes.</summary>
    CodeAndReason,

    /// <summary>The status code only: newer versions of Kubernetes word and shape it otherwise.</summary>
    Code,

    /// <summary>Everything: the object too, but for versions and managers.</summary>
    Object,
}

/// <summary>One request of a comparison. See <see cref="ParityServer.SendAsync"/> for the placeholders.</summary>
internal sealed record ParityStep(string Method, string Path, string? Body = null)
{
    public string MediaType { get; init; } = "application/json";

    public string User { get; init; } = "admin";

    public Compare Compare { get; init; } = Compare.Answer;

    /// <summary>The name under which later steps know the object's version and uid.</summary>
    public string? RememberAs { get; init; }

    /// <summary>For a watch: how many events are read.</summary>
    public int Events { get; init; }

    public override string ToString() => $"{Method} {Path} {MediaType} {Body}";
}
