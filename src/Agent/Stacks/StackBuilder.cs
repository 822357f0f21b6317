using System.Collections.Immutable;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Collects frames thread by thread as a tool writes them. Threads without frames are left out.</summary>
internal sealed class StackBuilder(StackTarget target)
{
    private readonly ImmutableArray<ThreadStack>.Builder _threads = ImmutableArray.CreateBuilder<ThreadStack>();
    private readonly ImmutableArray<StackFrame>.Builder _frames = ImmutableArray.CreateBuilder<StackFrame>();
    private int? _tid;

    internal void Begin(int? tid)
    {
        End();
        _tid = tid;
    }

    internal void Add(StackFrame frame) => _frames.Add(frame);

    /// <summary>Completes the frame that was added last: some tools tell its place on a line of its own.</summary>
    internal void Place(string file, int line)
    {
        if (_frames.Count > 0)
            _frames[^1] = _frames[^1] with { File = file, Line = line };
    }

    internal ImmutableArray<ThreadStack> ToArray()
    {
        End();
        return _threads.ToImmutable();
    }

    private void End()
    {
        if (_frames.Count > 0)
            _threads.Add(new ThreadStack(_tid, target.NameOf(_tid), _frames.ToImmutable()));
        _frames.Clear();
    }
}
