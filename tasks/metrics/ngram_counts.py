"""sacreBLEU's chrF and BLEU, of whose n-grams only those of the references are counted: same scores, less time."""

from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

_LONG = 4096  # characters or tokens: no answer is so long, unless it repeats itself


# `Any`: a text and its slices, or a tuple of tokens and its slices.
def _counted(units: Any, order: int, known: Container[Any]) -> Counter[Any]:
    """The n-grams of all orders that are known, with their counts.

    An n-gram can only be known where its beginning is; of an endless answer every different window is looked at once.
    """
    grams: Counter[Any] = Counter()
    if len(units) > _LONG:
        windows = Counter([units[i : i + order] for i in range(len(units))])
        if len(windows) < len(units) // 4:
            return _counted_windows(windows, order, known)
    starts: Sequence[int] = range(len(units))
    for n in range(1, order + 1):
        last = len(units) - n
        starts = [i for i in starts if i <= last and units[i : i + n] in known]
        grams.update([units[i : i + n] for i in starts])
    return grams


def _counted_windows(windows: Counter[Any], order: int, known: Container[Any]) -> Counter[Any]:
    """The known n-grams by the windows that begin with them; the windows at the end of a text are shorter."""
    grams: Counter[Any] = Counter()
    left = list(windows.items())
    for n in range(1, order + 1):
        left = [(window, times) for window, times in left if len(window) >= n and window[:n] in known]
        for window, times in left:
            grams[window[:n]] += times
    return grams


class SharedCHRF(CHRF):
    """chrF without word n-grams. Orders never collide in one Counter, since their n-grams differ in length."""

    # `Any`: the base class leaves the shape of its reference cache to each metric.
    def _extract_reference_info(self, refs: Sequence[str]) -> dict[str, Any]:
        return {"ref_ngrams": [self._grams("".join(reference.split())) for reference in refs]}

    def _grams(self, text: str) -> tuple[int, Counter[str]]:
        """The length, and every n-gram of every order with its count."""
        size = len(text)
        return size, Counter([text[i : i + n] for n in range(1, self.order + 1) for i in range(size - n + 1)])

    def _compute_segment_statistics(self, hypothesis: str, ref_kwargs: dict[str, Any]) -> list[int]:
        """[hypothesis, reference, shared] counts of each order, against the reference with the best score."""
        text = "".join(hypothesis.split())
        references: list[tuple[int, Counter[str]]] = ref_kwargs["ref_ngrams"]
        known = {gram for _, grams in references for gram in grams}
        answer = len(text), _counted(text, self.order, known)
        candidates = [self._counts(answer, reference) for reference in references]
        return candidates[0] if len(candidates) == 1 else max(candidates, key=self._compute_f_score)

    def _counts(self, answer: tuple[int, Counter[str]], reference: tuple[int, Counter[str]]) -> list[int]:
        (size, grams), (reference_size, reference_grams) = answer, reference
        shared = [0] * self.order
        for gram in grams.keys() & reference_grams.keys():
            ours, theirs = grams[gram], reference_grams[gram]
            shared[len(gram) - 1] += ours if ours < theirs else theirs  # min() is a third of the time here
        counts = []
        for n in range(self.order):
            expected = max(0, reference_size - n)
            # sacreBLEU does not count an order that the reference is too short for.
            counts += [max(0, size - n) if expected else 0, expected, shared[n]]
        return counts


class SharedBLEU(BLEU):
    """BLEU: the counts of sacreBLEU's own loop over all n-grams of an answer."""

    def _compute_segment_statistics(self, hypothesis: str, ref_kwargs: dict[str, Any]) -> list[int]:
        """[answer's length, reference's length, correct of each order, total of each order]."""
        tokens = tuple(hypothesis.split())
        size, known = len(tokens), ref_kwargs["ref_ngrams"]
        correct = [0] * self.max_ngram_order
        for gram, count in _counted(tokens, self.max_ngram_order, known).items():
            correct[len(gram) - 1] += min(count, known[gram])
        total = [max(0, size - n) for n in range(self.max_ngram_order)]
        return [size, self._get_closest_ref_len(size, ref_kwargs["ref_lens"]), *correct, *total]
