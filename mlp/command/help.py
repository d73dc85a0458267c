"""What ``mlp --help`` says: of the program, of each command, and of its exit status.

Tested in tests/test_cli.py.
"""

ABOUT = """\
Multilayer perceptrons in explicit mathematics, and the checker that proves their gradients right.

  mlp verify                 check every op here, the network, and the network on real images
  mlp verify my_layers.py    check yours
  mlp prove page.md          prove a derivation, line by line
  mlp train                  learn to read digits
  mlp vectors --out DIR      write hard inputs and correctly rounded answers, for other languages
  mlp conformance FILE       measure the answers of another implementation
  mlp guide                  read what to do about what, a page a task
  mlp completion SHELL       complete words in bash, zsh, fish or tcsh
"""
ABOUT_VERIFY = """\
Compare gradients derived by hand with numeric ones, each of which carries an error bar.

what can be checked
  (nothing)                  every op of this package and its two-layer network
  affine relu two_layer      some of them
  digits                     the two-layer network on a batch of real images
  my_layers.py               every op in a file;    my_layers.py::gelu    one of them
  pkg.layers                 every op in a module;  pkg.layers:gelu       one of them

An op is a module with forward and backward, a class with both, or a pair of functions:

  def cube(x):                return x**3
  def cube_backward(dO, x):   return 3 * x**2 * dO
  def cube_example(rng):      return (rng.normal(size=(2, 3)),)

backward takes the cotangent and then every argument of forward, and returns one array for
each float argument. WRT = (0,) on an op, or --wrt, says that it answers for some of them only;
ACCEPT = 1e-6, or --accept, that it may be off by design, by so much of its largest entry;
ALLOW_INCONCLUSIVE = "why", that it may stay undecided, and the reason is printed;
ALONG, RETRACT, AGAINST and SURROGATE are the options of mlp.check that are called so.
The point comes from example(rng) of a module or class, cube_example(rng) of a pair, from the
signature @shapes("(n,d),(d,m),(m)->(n,m)") of forward, or from --shapes.

With an example beside them, these are ops too: gelu_forward and gelu_backward(dout, cache), a class
derived from torch.autograd.Function or torch.nn.Module, a jax.custom_vjp, and any of mlp.adapters.
"""
STATUS = """\
exit status
  1  a gradient is wrong, or its proof is refused
  4  a fault of mlp's own
  3  usage, or a target cannot be loaded, has no point, raises, ends or times out, or a report
     cannot be written
  2  inconclusive
  0  all correct             the first of these that occurs; 130 when interrupted
"""
ABOUT_PROVE = """\
Prove derivations: each equation of a page of Markdown, each entry of a gradient in code, for all
real values at small sizes. Both run Python that stands in them.

what can be proved
  page.md                    every equation in its ```math blocks; derivations/00-notation.md says
                             what is understood there
  my_layers.py               every op in a file;    my_layers.py::gelu    one of them
  pkg.layers                 every op in a module;  pkg.layers:gelu       one of them
  softmax gelu two_layer     ops of this package, as in mlp verify
"""
STATUS_PROVE = """\
exit status
  1  an equation is refused, with a point at which it fails
  4  a fault of mlp's own
  3  usage, a target or an equation that cannot be read, or a page that cannot be written
  2  neither proved nor refused, or nothing to prove
  0  all proved              the first of these that occurs; 130 when interrupted
"""
ABOUT_TRAIN = """\
Learn to read 8 x 8 images of digits with the two-layer network, by mini-batch gradient descent.
A fifth of every class is held out, and never learned from.

A run with --save FILE may be stopped at any time: the same words and --resume go on after the last
whole epoch, and end in the same weights bit for bit. W1, b1, W2, b2 in FILE are the weights;
best_W1 and so on those of the epoch with the smallest loss of held-out images.
"""
ABOUT_VECTORS = """\
Write hard inputs of every op with correctly rounded answers, as JSON and as NumPy arrays, for those
who write the same ops in another language. README.md beside them says how to read them.
"""
ABOUT_CONFORMANCE = """\
Measure in ULPs how far the answers of another implementation are from the correctly rounded ones.
FILE has the form of vectors.json or vectors.npz that `mlp vectors` writes, with the forward and
backward of that implementation in place of ours. Exit status: 0 where all ops that it answers
conform, 1 where one does not, 3 where it cannot be read or the result not printed, 4 for a fault
of mlp's own.
"""
ABOUT_GUIDE = """\
Read the guide, a page a task, without a network. Without a PAGE: the list of them.

  mlp guide                                        what there is
  mlp guide adapters                               one page
  mlp guide adapters --html adapters.html          the same for a browser (needs SymPy)
"""
ABOUT_COMPLETION = """\
Print the script that lets a shell complete commands, options, ops and files (needs shtab):

  eval "$(mlp completion bash)"        in ~/.bashrc
  eval "$(mlp completion zsh)"         in ~/.zshrc, after compinit
  mlp completion fish | source         in ~/.config/fish/config.fish
  mlp completion tcsh > ~/.mlp.tcsh    once, and in ~/.tcshrc: source ~/.mlp.tcsh
"""
COMMANDS = {  # what each is for, what it says of itself, and of its exit status
    "verify": ("is this gradient right?", ABOUT_VERIFY, STATUS),
    "prove": ("is this derivation right?", ABOUT_PROVE, STATUS_PROVE),
    "train": ("learn to read digits", ABOUT_TRAIN, None),
    "vectors": ("hard inputs with correctly rounded answers, as files", ABOUT_VECTORS, None),
    "conformance": ("how far another implementation is off", ABOUT_CONFORMANCE, None),
    "guide": ("what to do about what, a page a task", ABOUT_GUIDE, None),
    "completion": ("complete words in bash, zsh, fish and tcsh", ABOUT_COMPLETION, None),
}
