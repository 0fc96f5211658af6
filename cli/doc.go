// Package cli holds katop's commands. It joins the packages that know the
// kernel, the screen and the file formats, which do not know one another.
//
// What a command answers goes to standard output and nothing else does: what
// could not be seen, and why a command failed, goes to standard error, one line
// each. Exit codes are 0 for done, 1 for failed and 2 for wrong usage; check alone
// has those of monitoring plugins, and says on standard output why it failed.
package cli
