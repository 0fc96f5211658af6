// Command bench measures katop at the scale that it is made for: many sockets,
// spread over processes, in a network namespace of its own. What it compares it
// measures in one run and by turns, so that its ratios hold on a busy machine
// too. It needs Linux and root.
//
//	go run ./bench                     everything, and the table to standard output
//	go run ./bench -n 20000 -only keys a fifth of it, and one step
//	go run ./bench -o docs/benchmarks.md
//
// At the end, whatever ends it, nothing is left of it.
package main
