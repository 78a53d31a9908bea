using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// Verifies a log, record by record, in the memory of one. Pure: it is given lines and checkpoints, and knows neither
/// database nor file. The chain alone shows a record that was changed, removed or moved; a log that was cut off at its end or
/// written anew from some record on is shown by checkpoints only. Where the oldest records are gone because they were old, the
/// lines begin with the sealed roots that they left: see <see cref="AuditSegment"/>.
/// </summary>
public sealed class AuditChainVerifier
{
    /// <summary>Action of the record with which the console makes the key of its checkpoints known in the log itself.</summary>
    internal const string KeyAction = "audit.key";

    private readonly ImmutableArray<AuditCheckpoint> _checkpoints;
    private readonly Dictionary<long, List<AuditCheckpoint>> _bySequence = [];
    private readonly List<AuditFinding> _findings = [];
    private readonly Dictionary<string, long> _announced = new(StringComparer.Ordinal);
    private readonly List<AuditCheckpoint> _confirmed = [];
    private readonly List<AuditSegment> _segments = [];
    private readonly Dictionary<long, string> _sealed = [];
    private readonly string? _trustedKeyId;
    private long _goneTo;
    private long _deletedTo;
    private readonly long _from;
    private long _first;
    private long _last;
    private string _head = AuditRecordFormat.NoHash;
    private bool _broken;

    /// <param name="checkpoints">Any, in any order.</param>
    /// <param name="trustedKeyId">The only key that may have signed them; null: the keys that the log itself made known.</param>
    /// <param name="from">Sequence with which the lines begin: what comes before is taken on trust.</param>
    public AuditChainVerifier(ImmutableArray<AuditCheckpoint> checkpoints, string? trustedKeyId = null, long from = 1)
    {
        _checkpoints = checkpoints;
        _trustedKeyId = trustedKeyId;
        _from = from;
        foreach (var checkpoint in checkpoints)
        {
            if (!checkpoint.IsSigned())
            {
                _findings.Add(new AuditFinding(AuditProblem.SignatureWrong, checkpoint.Sequence, Text($"the checkpoint of record {checkpoint.Sequence} ({AuditRecordFormat.Time(checkpoint.At)}) does not fit its signature")));
                continue;
            }

            if (!_bySequence.TryGetValue(checkpoint.Sequence, out var same))
            {
                _bySequence[checkpoint.Sequence] = same = [];
            }

            same.Add(checkpoint);
        }
    }

    /// <summary>Keys that the log makes known, with the record that does.</summary>
    public IReadOnlyDictionary<string, long> AnnouncedKeys => _announced;

    /// <summary>Whether the chain is broken: further lines are not looked at.</summary>
    public bool Broken => _broken;

    /// <summary>Takes the next line.</summary>
    /// <returns>The record; null when it is bad, came after a bad one, or is a sealed root.</returns>
    public AuditRecord? Add(string json)
    {
        if (_broken)
        {
            return null;
        }

        var expected = _last == 0 ? _from : _last + 1;
        AuditRecord record;
        string hash;
        try
        {
            using var document = AuditRecordFormat.Parse(json);
            if (AuditSegment.IsOne(document.RootElement))
            {
                AddRoot(document.RootElement);
                return null;
            }

            record = AuditRecordFormat.Read(document.RootElement);
            hash = AuditRecordFormat.ContentHash(document.RootElement);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or JsonException)
        {
            return Break(AuditProblem.Unreadable, expected, Text($"record {expected} cannot be read: {Printable.Text(exception.Message, 300)}"));
        }

        if (_last == 0 && _from == 1 && _segments.LastOrDefault(segment => segment.Last < record.Sequence) is { } gone)
        {
            if (!BeginAfter(gone))
            {
                return null;
            }

            expected = _last + 1;
        }

        if (record.Sequence != expected)
        {
            return Break(AuditProblem.OutOfOrder, expected, record.Sequence > expected
                ? Text($"record {expected} is missing: {record.Sequence} stands in its place")
                : Text($"record {expected} is missing: {record.Sequence} stands in its place, and belongs further up"));
        }

        if (!string.Equals(record.Hash, hash, StringComparison.Ordinal))
        {
            return Break(AuditProblem.HashWrong, expected, Text($"record {expected} was changed: its content has the hash {hash}, it says {Printable.Text(record.Hash, 64)}"));
        }

        if (_last == 0 && _from > 1)
        {
            // What comes before is not here to compare with, but a checkpoint may vouch for it.
            _head = record.PreviousHash;
            Compare(_from - 1, record.PreviousHash);
        }
        else if (!string.Equals(record.PreviousHash, _head, StringComparison.Ordinal))
        {
            return Break(AuditProblem.LinkBroken, expected, expected == _goneTo + 1 && _goneTo > 0
                ? Text($"record {expected} does not follow record {expected - 1} as its sealed root has it: one of the two was changed")
                : expected == 1
                ? "record 1 is not the first of a log: it names a record before it"
                : Text($"record {expected} does not follow record {expected - 1} as it is here: one of the two was changed"));
        }

        if (!Compare(record.Sequence, record.Hash))
        {
            _broken = true;
            return null;
        }

        if (_segments.Find(segment => segment.Last == record.Sequence) is { } end && !string.Equals(end.Head, record.Hash, StringComparison.Ordinal))
        {
            return Break(AuditProblem.RootWrong, record.Sequence, Text($"record {record.Sequence} is not the one that the root of records {end.First} to {end.Last} was made of"));
        }

        _first = _first == 0 ? record.Sequence : _first;
        _last = record.Sequence;
        _head = record.Hash;
        if (KeyIn(record) is { } key)
        {
            _announced.TryAdd(key, record.Sequence);
        }

        if (record.Entry is { Action: AuditRetention.SealAction or AuditRetention.DeleteAction, Details: { } details }
            && details["last"] is JsonValue number && number.TryGetValue<long>(out var last)
            && details["root"] is JsonValue text && text.TryGetValue<string>(out var root))
        {
            if (record.Entry.Action == AuditRetention.SealAction)
            {
                _sealed[last] = root;
            }
            else
            {
                _deletedTo = Math.Max(_deletedTo, last);
            }
        }

        return record;
    }

    /// <summary>The key that the record makes known; null when it makes none known.</summary>
    internal static string? KeyIn(AuditRecord record) =>
        string.Equals(record.Entry.Action, KeyAction, StringComparison.Ordinal) && record.Entry.Details?["keyId"] is { } key && key.GetValueKind() == JsonValueKind.String ? key.GetValue<string>() : null;

    /// <summary>Takes the next root.</summary>
    private void AddRoot(JsonElement json)
    {
        if (_from > 1)
        {
            // What comes before is taken on trust as it is.
            return;
        }

        var before = _segments.LastOrDefault();
        var expected = (before?.Last ?? 0) + 1;
        AuditSegment segment;
        try
        {
            segment = AuditSegment.Read(json);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            Break(AuditProblem.RootWrong, expected, Text($"the root of the records from {expected} on cannot be read: {Printable.Text(exception.Message, 300)}"));
            return;
        }

        var fault =
            _last > 0 ? "it stands among the records"
            : segment.First != expected ? Text($"it begins with record {segment.First}, and the root before it ends with {expected - 1}")
            : segment.PreviousHash != (before?.Head ?? AuditRecordFormat.NoHash) || segment.PreviousRoot != (before?.Root ?? AuditRecordFormat.NoHash) ? "it does not follow the root before it"
            : !segment.IsSigned() ? "it does not fit its signature"
            : null;
        if (fault is not null)
        {
            Break(AuditProblem.RootWrong, expected, Text($"the root of records {segment.First} to {segment.Last} is not one of this log: {fault}"));
            return;
        }

        _segments.Add(segment);
    }

    /// <summary>The records up to the end of this segment are gone: their roots stand for them.</summary>
    private bool BeginAfter(AuditSegment gone)
    {
        foreach (var segment in _segments.TakeWhile(segment => segment.First <= gone.First))
        {
            foreach (var (key, since) in segment.Keys)
            {
                _announced.TryAdd(key, since);
            }

            if (!Compare(segment.Last, segment.Head))
            {
                _broken = true;
                return false;
            }
        }

        (_goneTo, _last, _head) = (gone.Last, gone.Last, gone.Head);
        return true;
    }

    /// <summary>What the records say about the roots, and do not.</summary>
    private IEnumerable<AuditFinding> Roots()
    {
        if (_from > 1)
        {
            yield break;
        }

        if (_segments.LastOrDefault() is { } newest && newest.Last >= _last)
        {
            yield return new AuditFinding(AuditProblem.Truncated, _last + 1, Text($"record {_last + 1} is missing: the log ends at {_last}, and a sealed root vouches for records up to {newest.Last} and one more that says so"));
            yield break;
        }

        // The record of a root comes after its segment: that of the last one that is gone is still there.
        foreach (var segment in _segments.Where(segment => segment.Last >= _goneTo))
        {
            if (!_sealed.TryGetValue(segment.Last, out var root))
            {
                yield return new AuditFinding(AuditProblem.RootWrong, segment.First, Text($"the root of records {segment.First} to {segment.Last} is not one of this log, or its end was cut off: no record says that they were sealed"));
            }
            else if (!string.Equals(root, segment.Root, StringComparison.Ordinal))
            {
                yield return new AuditFinding(AuditProblem.RootWrong, segment.First, Text($"the root of records {segment.First} to {segment.Last} is not the one that the log recorded when they were sealed"));
            }
        }

        foreach (var last in _sealed.Keys.Where(last => _segments.TrueForAll(segment => segment.Last != last)).Order())
        {
            yield return new AuditFinding(AuditProblem.RootWrong, last, Text($"the log says that the records up to {last} were sealed, and their root is missing"));
        }

        if (_goneTo > _deletedTo)
        {
            yield return new AuditFinding(AuditProblem.DeletionUnrecorded, _deletedTo + 1, Text($"records {_deletedTo + 1} to {_goneTo} are missing, and the log does not say that they were deleted"));
        }
    }

    /// <summary>Breaks off here: the caller found something wrong with a record that <see cref="Add"/> took, or with what should have been the next.</summary>
    internal void Reject(AuditFinding finding)
    {
        _broken = true;
        _findings.Add(finding);
    }

    /// <summary>After the last line.</summary>
    public AuditVerification Finish()
    {
        var findings = new List<AuditFinding>(_findings);
        if (!_broken)
        {
            var beyond = _bySequence.Where(pair => pair.Key > _last && (_last > 0 || pair.Key >= _from)).SelectMany(pair => pair.Value).MinBy(checkpoint => checkpoint.Sequence);
            if (beyond is not null)
            {
                findings.Add(new AuditFinding(AuditProblem.Truncated, Math.Max(_last + 1, _from), Text($"record {Math.Max(_last + 1, _from)} is missing: the log ends at {_last}, and a checkpoint of {AuditRecordFormat.Time(beyond.At)} vouches for record {beyond.Sequence}")));
            }
        }

        if (!_broken)
        {
            findings.AddRange(Roots());
        }

        // A root is sealed after its last record, maybe by a key that was made known in between.
        findings.AddRange(_segments.Select(segment => KeyFault("root", segment.Last, segment.KeyId, long.MaxValue)).OfType<AuditFinding>());
        findings.AddRange(_bySequence.Values.SelectMany(same => same).Select(KeyFault).OfType<AuditFinding>());
        var confirmed = _confirmed.Where(checkpoint => KeyFault(checkpoint) is null).ToList();
        var ordered = findings.OrderBy(finding => finding.Sequence).ThenBy(finding => finding.Problem).ToImmutableArray();
        return new AuditVerification(
            _first,
            _last,
            _head,
            ordered,
            confirmed.Count,
            confirmed.Select(checkpoint => checkpoint.Sequence).DefaultIfEmpty(0).Max(),
            [.. confirmed.Select(checkpoint => checkpoint.KeyId).Distinct(StringComparer.Ordinal)],
            Notes(confirmed))
        { DeletedTo = _goneTo };
    }

    private ImmutableArray<string> Notes(List<AuditCheckpoint> confirmed)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        var newest = confirmed.Select(checkpoint => checkpoint.Sequence).DefaultIfEmpty(0).Max();
        if (_checkpoints.IsEmpty)
        {
            notes.Add("No checkpoint was given: an end that was cut off, or a log written anew, cannot be seen.");
        }
        else if (!_broken && newest < _last)
        {
            notes.Add(Text($"Records {newest + 1} to {_last} are newer than the newest checkpoint: nothing outside the log vouches for them yet."));
        }

        if (_goneTo > 0)
        {
            notes.Add(Text($"Records 1 to {_goneTo} were deleted as old. Their sealed roots fit: they prove that what is here follows them, and not what they said; that is in exports from before."));
        }

        if (_from > 1)
        {
            notes.Add(Text($"The lines begin with record {_from}: what comes before was not verified."));
        }

        if (_trustedKeyId is null && _announced.Count > 1)
        {
            notes.Add($"The log makes {_announced.Count} keys known, first in records {string.Join(", ", _announced.Values.Order())}: check that each change of key was yours, or name the key to trust.");
        }

        return notes.ToImmutable();
    }

    private AuditFinding? KeyFault(AuditCheckpoint checkpoint) => KeyFault("checkpoint", checkpoint.Sequence, checkpoint.KeyId, checkpoint.Sequence);

    /// <param name="knownBy">Number of the record by which the log must have made the key known.</param>
    private AuditFinding? KeyFault(string what, long sequence, string keyId, long knownBy)
    {
        if (_trustedKeyId is not null)
        {
            return string.Equals(keyId, _trustedKeyId, StringComparison.Ordinal)
                ? null
                : new AuditFinding(AuditProblem.KeySwapped, sequence, Text($"the {what} of record {sequence} is signed with key {keyId[..12]}…, trusted is {_trustedKeyId[..Math.Min(12, _trustedKeyId.Length)]}…"));
        }

        if (_announced.TryGetValue(keyId, out var since) && since <= knownBy)
        {
            return null;
        }

        // A log that was broken before its key was read, or begins after it, cannot say whose key it is.
        return _announced.Count == 0 && (_broken || _from > 1 || _last == 0)
            ? null
            : new AuditFinding(AuditProblem.KeySwapped, sequence, Text($"the {what} of record {sequence} is signed with key {keyId[..12]}…, which the log had not made known by then"));
    }

    private bool Compare(long sequence, string hash)
    {
        if (!_bySequence.TryGetValue(sequence, out var checkpoints))
        {
            return true;
        }

        var other = checkpoints.Find(checkpoint => !string.Equals(checkpoint.Hash, hash, StringComparison.Ordinal));
        if (other is null)
        {
            _confirmed.AddRange(checkpoints);
            return true;
        }

        var before = _confirmed.Select(checkpoint => checkpoint.Sequence).DefaultIfEmpty(0).Max();
        _findings.Add(new AuditFinding(AuditProblem.CheckpointDiffers, sequence, Text($"record {sequence} is not the one that the checkpoint of {AuditRecordFormat.Time(other.At)} vouches for: the log was written anew somewhere from record {before + 1} on")));
        return false;
    }

    private AuditRecord? Break(AuditProblem problem, long sequence, string message)
    {
        Reject(new AuditFinding(problem, sequence, message));
        return null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
