namespace MeshConsole.Mesh.Triage;

/// <summary>Looks for one kind of trouble. Pure: the same input gives the same observations, in a stable order.</summary>
internal interface IDetector
{
    IEnumerable<Observation> Look(TriageInput input);
}
