// Package ui is katop's screen: a Bubble Tea program over snapshots.
//
// One Model holds everything. A tick asks the Source for a snapshot; its answer
// is arranged (filtered, sorted, grouped, compared with the last one) in a
// command, off the program's goroutine; only the finished Listing reaches the
// Model, and until then the old one stays on the screen. Requests are numbered
// and late answers dropped. View draws what is visible and nothing else.
//
// The package knows neither the kernel nor the terminal's files: a Source, a
// clock and the two ends of the terminal are handed in.
package ui
