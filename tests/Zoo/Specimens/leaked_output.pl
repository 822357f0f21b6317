# leaked_output.pl ZOO_EXEC: a Perl program that reads the output of a command to its end; what the command started has it open.
use strict;
use warnings;
$^F = 99; # what the command starts announces itself there
open(my $ready, '>&=', 99) or die;
syswrite($ready, "role runner $$\n");
open(my $output, '-|', 'bash', '-c', "\"$ARGV[0]\" leftover sleep 1000 & ") or die;
close($ready);
my @lines = <$output>;
