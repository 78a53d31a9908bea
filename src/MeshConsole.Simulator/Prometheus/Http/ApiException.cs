using Microsoft.AspNetCore.Http;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>A request that is answered with an error in Prometheus' shape.</summary>
internal sealed class ApiException(int status, string errorType, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string ErrorType { get; } = errorType;

    public static ApiException BadData(string message) => new(StatusCodes.Status400BadRequest, "bad_data", message);

    public static ApiException BadParameter(string name, string message) => BadData($"invalid parameter {PromText.Quote(name)}: {message}");
}
