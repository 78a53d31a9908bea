using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshConsole.Hubs;

/// <summary>
/// One message of the stream <c>Topology</c>: the first carries the whole view, the others what changed since the message
/// before. A message with neither says that a newer snapshot looks the same, so that its age can be shown. View and delta
/// are JSON already, in bytes that every stream shares.
/// </summary>
/// <param name="Topology">A <see cref="Mesh.Topology.TopologyView"/>, or null.</param>
/// <param name="Delta">A <see cref="Mesh.Topology.TopologyDelta"/>, or null.</param>
[JsonConverter(typeof(Writer))]
internal sealed record TopologyMessage(long Revision, DateTimeOffset ObservedAt, byte[]? Topology, byte[]? Delta)
{
    /// <summary>Copies the bytes where a serialiser would write the records.</summary>
    internal sealed class Writer : JsonConverter<TopologyMessage>
    {
        /// <summary>The hub only sends it.</summary>
        public override TopologyMessage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("The console writes these messages and reads none.");

        public override void Write(Utf8JsonWriter writer, TopologyMessage value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteNumber("revision"u8, value.Revision);
            writer.WriteString("observedAt"u8, value.ObservedAt);
            WriteBytes(writer, "topology"u8, value.Topology);
            WriteBytes(writer, "delta"u8, value.Delta);
            writer.WriteEndObject();
        }

        private static void WriteBytes(Utf8JsonWriter writer, ReadOnlySpan<byte> name, byte[]? json)
        {
            writer.WritePropertyName(name);
            if (json is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                // Written by our own serialiser a moment ago: reading it again for every stream would cost more than the copy.
                writer.WriteRawValue(json, skipInputValidation: true);
            }
        }
    }
}
