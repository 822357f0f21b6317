# A dup of the pipe's handle is still open in the parent while close waits for the child. $ARGV[1] is "shell": the child is started through one.
# ZOO_FORM=busy: the child is at work.
use strict;
use warnings;
$^F = 99;
open(my $ready, '>>&=', 99) or die;
syswrite($ready, "role parent $$\n");
my ($exec, $through, $busy) = ($ARGV[0], $ARGV[1] // '', ($ENV{ZOO_FORM} // '') eq 'busy');
my @command = ($exec, 'child', $busy ? ('sleep', '1000') : ('cat'));
# Two commands, or the shell would become the first.
my $script = 'echo "role shell $$" >&99; "$@" <&0 & exec 99>&-; wait "$!"; true';
@command = ('bash', '-c', $script, 'shell', @command) if $through eq 'shell';
my $pid = open(my $to, '|-', @command) or die;
open(my $copy, '>&', $to) or die;
close($ready);
close($to);
