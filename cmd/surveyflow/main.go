// Command surveyflow runs surveys and the workflows that they start.
package main

func main() {}
