//go:build race

package simulation

// played is how many histories are played: under the race detector everything takes several
// times as long, and nothing in a history runs at the same time.
const played = 2
