namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What requests are counted by.</summary>
/// <param name="Resource">The plural; empty for discovery, health and version.</param>
/// <param name="User">Empty for requests whose token was refused.</param>
public readonly record struct RequestKey(string Verb, string Group, string Resource, string User);
