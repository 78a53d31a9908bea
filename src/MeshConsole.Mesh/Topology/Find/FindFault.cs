namespace MeshConsole.Mesh.Topology.Find;

/// <summary>What is wrong with an expression, and where.</summary>
/// <param name="Position">Index of the first character that is wrong; the length of the text when something is missing at its end.</param>
/// <param name="Length">How many characters are wrong; at least one, also at the end.</param>
/// <param name="Message">What is wrong and what is legal, a sentence or two.</param>
public sealed record FindFault(int Position, int Length, string Message);
