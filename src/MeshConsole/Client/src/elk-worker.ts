// The layout engine; in a worker it answers messages by itself, and ending the worker cancels the layout.
import 'elkjs/lib/elk-worker.min.js';
