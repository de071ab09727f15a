//go:build !race

package simulation

const played = 30
