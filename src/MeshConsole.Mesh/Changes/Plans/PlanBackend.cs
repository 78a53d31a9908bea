namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>One destination of the rule, in the order of the object.</summary>
/// <param name="Host">Fully qualified, as in <see cref="RouteBackend"/>.</param>
/// <param name="BaseWeight">Weight when the plan was made; what an omitted weight stands for where it was omitted.</param>
public sealed record PlanBackend(string Host, string? Subset, int? Port, int BaseWeight)
{
    /// <summary>The subset, else the first label of the host.</summary>
    public string ShortName => Subset ?? Host.Split('.')[0];
}
