//go:build race

package script

// raceDetector says that the program maps far more memory than it uses.
const raceDetector = true
