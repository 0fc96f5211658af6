// Package theme says how things look by what they mean: a critical verdict, a
// keepalive setting that was only inferred, a connection that has gone. No
// other package names a colour.
//
// A Theme is made once from a lipgloss renderer. It holds a style for every
// Role, on every Ground that a row may lie on, in truecolor, 256 colours, 16
// colours or none (NO_COLOR), for dark and for light backgrounds; each was
// picked by hand for each. Colour never stands alone: severities have a symbol,
// a gone row is struck through, and without colour the selection is reversed.
package theme
