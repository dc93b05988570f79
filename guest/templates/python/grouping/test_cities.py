import unittest

from cities import keys, title


class Cities(unittest.TestCase):
    def test_a_person_belongs_to_the_city_and_to_the_department_there(self):
        self.assertEqual(keys("Cairo", "Sales"), ["city/cairo", "city/cairo/sales"])
        self.assertEqual(keys(" cairo", None), ["city/cairo"])
        self.assertEqual(keys(None, "Sales"), [])

    def test_a_department_is_a_part_of_its_city(self):
        self.assertEqual(title("city/cairo/sales"), ("Cairo Sales", "city/cairo"))
        self.assertEqual(title("country/egypt"), (None, None))


if __name__ == "__main__":
    unittest.main()
