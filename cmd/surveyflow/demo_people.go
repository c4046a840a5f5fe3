package main

// customer is what one person answered in the customer survey.
type customer struct {
	name      string
	satisfied int    // recode value: 5 very satisfied … 1 very dissatisfied
	recommend int    // 0 to 10
	channels  []int  // choice ids: web shop, subscription, coffee bar, market, somewhere else, none
	bags      int    // 0: not answered
	segment   string // empty: the default
	reason    string
	elsewhere string
}

// customers answered over the last days, the first one longest ago.
var customers = []customer{
	{"Ingrid", 5, 10, []int{1, 2}, 3, "gold", "The subscription is never late, and the coffee is always roasted the same week.", ""},
	{"Marcus", 4, 8, []int{1}, 2, "", "Good coffee. The shop could remember my grind size.", ""},
	{"", 4, 9, []int{3}, 1, "", "", ""},
	{"Priya", 5, 10, []int{1, 3}, 4, "gold", "You swapped a bag I did not like without asking a single question.", ""},
	{"Jonas", 3, 6, []int{1}, 2, "", "Fine, but shipping costs almost as much as a bag.", ""},
	{"Chen Wei", 5, 9, []int{2}, 2, "", "I like the notes from the farms.", ""},
	{"", 4, 7, []int{1}, 0, "", "", ""},
	{"Agnieszka", 5, 10, []int{2, 4}, 3, "", "Best decaf I have found so far.", ""},
	{"Tom", 2, 3, []int{1}, 1, "", "Two bags were missing and nobody answered my mail for four days.", ""},
	{"Fatima", 4, 8, []int{1, 3}, 2, "", "Friendly people in the coffee bar.", ""},
	{"Lars", 5, 9, []int{2}, 8, "", "We drink it in the whole office. A five kilo bag would be great.", ""},
	{"", 3, 7, []int{6}, 0, "", "It was a gift, so I cannot say much.", ""},
	{"Sofía", 5, 10, []int{1}, 2, "", "The Ethiopian one. That is all.", ""},
	{"Hannah", 4, 8, []int{1}, 1, "", "", ""},
	{"Ravi", 1, 1, []int{1}, 2, "", "The grinder arrived broken and I still wait for a refund.", ""},
	{"Elena", 4, 9, []int{3, 4}, 2, "", "I come to the market for the cardamom buns, too.", ""},
	{"Mateusz", 5, 10, []int{2}, 4, "gold", "Easy to pause when we travel.", ""},
	{"", 4, 8, []int{5}, 1, "", "", "A friend's coffee bar"},
	{"Grace", 3, 5, []int{1}, 1, "", "The last bag tasted flat. Roasted six weeks earlier, it said.", ""},
	{"Henrik", 4, 7, []int{2}, 2, "", "Please bring back the paper bags.", ""},
	{"Aisha", 5, 10, []int{1, 2}, 3, "gold", "Fast, fresh, and a handwritten card. Who still does that?", ""},
	{"Peter", 4, 8, []int{1}, 2, "", "", ""},
	{"Yuki", 5, 9, []int{1}, 1, "", "Small bags to try things. More of those!", ""},
	{"", 4, 6, []int{3}, 0, "", "Long queue on Saturday.", ""},
	{"Oluwaseun", 5, 10, []int{2}, 5, "", "I tell everybody already.", ""},
	{"Claire", 2, 4, []int{1}, 2, "", "Ordered whole beans, got ground coffee. Twice.", ""},
	{"David", 4, 8, []int{1}, 2, "", "Good value.", ""},
	{"Karin", 5, 9, []int{4}, 2, "", "You let people taste before they buy.", ""},
	{"", 5, 10, []int{2}, 3, "", "", ""},
	{"Miguel", 4, 7, []int{1}, 1, "", "The web shop is slow on my old phone.", ""},
	{"Anna-Lena", 5, 10, []int{2, 3}, 4, "gold", "The baristas know what they talk about.", ""},
	{"Samuel", 3, 6, []int{1}, 9, "", "I run a small café. Your invoices take me ages to match with orders.", ""},
	{"Nadia", 4, 9, []int{1}, 2, "", "", ""},
	{"Viktor", 5, 9, []int{2}, 2, "", "Fair prices for the farmers. That matters to me.", ""},
	{"", 4, 8, []int{3}, 1, "", "", ""},
	{"Ruth", 5, 10, []int{1}, 2, "", "I wrote at ten in the evening and had an answer at five past.", ""},
	{"Lukas", 4, 8, []int{5}, 2, "", "", "A stand at the harbour festival"},
	{"Emeka", 4, 7, []int{1}, 3, "gold", "I miss the dark roast.", ""},
	{"Birgit", 5, 9, []int{2}, 2, "", "It fits through the letter box!", ""},
	{"", 3, 5, []int{1}, 1, "", "Too many mails.", ""},
	{"Amélie", 5, 10, []int{1, 4}, 2, "", "Everything arrived on the day you said.", ""},
	{"Noah", 4, 8, []int{2}, 2, "", "", ""},
	{"Zofia", 5, 9, []int{3}, 1, "gold", "The oat milk is finally a good one.", ""},
	{"Ahmed", 4, 8, []int{1}, 3, "", "Please show when a coffee was harvested.", ""},
	{"Linnea", 5, 10, []int{2}, 2, "", "My mother has a subscription now. My sister, too.", ""},
	{"", 4, 9, []int{1}, 2, "", "", ""},
	{"Paolo", 3, 6, []int{3}, 4, "", "Good coffee, but the cups are too small for the price.", ""},
	{"Mei", 5, 10, []int{1}, 1, "gold", "The tasting set was the nicest birthday present.", ""},
	{"Oskar", 4, 8, []int{2}, 2, "", "", ""},
	{"Ines", 5, 9, []int{1}, 2, "", "Clear, quick, no account needed.", ""},
	{"Daniel", 4, 7, []int{4}, 2, "", "Come to the north market as well.", ""},
}

// The people of the plot.
var (
	gotHelp   = customer{"Rosa", 2, 2, []int{1}, 2, "", "My parcel went back to you although I was at home.", ""}
	gaveUp    = customer{"Kofi", 1, 0, []int{1}, 1, "", "Third mail about the same order. Is anybody there?", ""}
	fixed     = customer{"Johanna", 5, 9, []int{2}, 3, "", "The new labels are lovely, and they tell me what I need to know.", ""}
	waiting   = customer{"Ben", 2, 4, []int{1}, 2, "", "The filter papers do not fit the dripper from the same order.", ""}
	canceled  = customer{"Wanda", 1, 2, []int{1}, 1, "", "Wrong address on the parcel, although I changed it in March.", ""}
	household = customer{"Solveig", 4, 8, []int{2}, 12, "", "Twelve bags a month, seven people, one kitchen. A bulk price would be kind.", ""}
	refused   = customer{"Gabriel", 5, 9, []int{1}, 2, "gold", "Smooth as always.", ""}
	impatient = customer{"Mirjam", 2, 5, []int{3}, 1, "", "I waited twenty minutes for a filter coffee.", ""}
	delighted = customer{"Ada", 5, 10, []int{1, 2}, 3, "", "You found my lost parcel before I knew that it was lost.", ""}
)

// tastings are sign-ups: name, evening and guests.
var tastings = []struct {
	name    string
	evening int
	guests  int
}{
	{"Ingrid Solberg", 2, 1},
	{"Marcus Webb", 1, 0},
	{"Priya Raman", 2, 2},
	{"Chen Wei", 3, 1},
	{"Agnieszka Wójcik", 1, 1},
	{"Lars Holm", 2, 3},
	{"Elena Petrova", 3, 0},
	{"Ruth Adler", 2, 1},
}

// newsletters are answers to the closed survey: topics and how often.
var newsletters = []struct {
	topics []int
	often  int
}{
	{[]int{1, 2}, 2},
	{[]int{1}, 3},
	{[]int{2, 3}, 2},
	{[]int{5}, 1},
	{[]int{1, 3}, 2},
	{[]int{2}, 3},
	{[]int{3, 4}, 2},
	{[]int{1, 5}, 1},
	{[]int{2, 3}, 2},
	{[]int{1, 4}, 3},
	{[]int{3}, 2},
	{[]int{1, 2}, 2},
	{[]int{2, 5}, 3},
	{[]int{4}, 2},
}
