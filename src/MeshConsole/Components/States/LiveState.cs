namespace MeshConsole.Components.States;

/// <summary>What <see cref="LiveContent"/> shows.</summary>
public enum LiveState
{
    /// <summary>No source has answered yet.</summary>
    Loading,

    /// <summary>There is something to show; how old it is, the banners and ages say.</summary>
    Content,

    /// <summary>A source answers, and there is nothing.</summary>
    Empty,

    /// <summary>Every source that would tell has failed and never answered.</summary>
    Failed,

    /// <summary>Every source that would tell is switched off for a reason.</summary>
    SwitchedOff,
}
