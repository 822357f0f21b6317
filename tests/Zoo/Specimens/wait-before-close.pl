# A dup of the pipe's handle is still open in the parent while close waits for the child. ZOO_FORM=busy: the child is at work.
use strict;
use warnings;
$^F = 99;
open(my $ready, '>>&=', 99) or die;
syswrite($ready, "role parent $$\n");
my ($exec, $busy) = ($ARGV[0], ($ENV{ZOO_FORM} // '') eq 'busy');
my $pid = open(my $to, '|-', $exec, 'child', $busy ? ('sleep', '1000') : ('cat')) or die;
open(my $copy, '>&', $to) or die;
close($ready);
close($to);
