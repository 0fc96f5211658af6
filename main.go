// Katop shows every TCP connection of a Linux host live, with the state of its
// keepalive.
package main

import (
	"os"

	"github.com/katop/katop/cli"
)

func main() {
	os.Exit(cli.Main())
}
