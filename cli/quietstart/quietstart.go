// Package quietstart keeps the terminal from being asked anything before main
// has begun.
//
// Bubble Tea v1 asks for the background colour when it is initialised
// (tea_init.go), in every program that only links it: `katop list` would write an
// escape sequence to a terminal, swallow what is typed ahead, and wait up to five
// seconds where nothing answers. The query is left out where TERM is "dumb", so
// that is what TERM is until Restore.
//
// This works because Go initialises, of the packages that are ready, the one
// whose import path comes first: this one needs nothing but os, and comes before
// github.com/muesli/termenv, which Bubble Tea waits for. A test in cli holds it.
package quietstart

import "os"

const variable = "TERM"

var term, wasSet = hide()

func hide() (string, bool) {
	term, wasSet := os.LookupEnv(variable)
	_ = os.Setenv(variable, "dumb")
	return term, wasSet
}

// Restore gives the environment back its TERM. It is to be called first in main.
func Restore() {
	if !wasSet {
		_ = os.Unsetenv(variable)
		return
	}
	_ = os.Setenv(variable, term)
}
